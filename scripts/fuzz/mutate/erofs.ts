import {
  CompactInode,
  DirectoryEntryHead,
  ExtendedInode,
  Header,
  SUPERBLOCK_OFFSET,
  Superblock,
  XattrArea,
  XattrEntryHead,
} from '../../../packages/erofs/src/format.ts'
import { type ErofsImage, type ErofsInode, openImage } from '../../../packages/erofs/src/index.ts'
import type { Random } from '../random.ts'
import { mutateBytes, writeNumber } from './bytes.ts'
import { INTERESTING } from './interesting.ts'

const BLOCK_SIZE = 4096
const SLOT_SIZE = 32
const NAMES = ['.', '..', '', 'a', 'a/b', '\0', 'a\0b', '00', 'ff', '~'.repeat(255), '\xff']

/** Where a number is in an image. */
interface Place {
  readonly at: number
  readonly size: number
}

/** What an image is made of, as far as it can be read. */
interface Anatomy {
  readonly inodes: readonly ErofsInode[]
  readonly fields: readonly Place[]
  readonly entries: readonly number[]
}

/** Anatomies of the images that are changed again and again. */
const known = new WeakMap<Uint8Array, Anatomy>()

/** Changes fields of the superblock, of inodes, directory entries and xattrs where they are. */
export function mutateErofs(
  input: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array | undefined {
  const anatomy = known.get(input) ?? examine(input)
  if (anatomy === undefined) return undefined
  known.set(input, anatomy)
  const out = new Uint8Array(input)
  const changes = 1 << random.below(3)
  for (let i = 0; i < changes; i++) change(out, anatomy, random)
  const result = random.oneIn(10) ? mutateBytes(out, random, { dictionary: [], others }) : out
  return random.oneIn(8) ? resized(result, random) : result
}

function change(image: Uint8Array, anatomy: Anatomy, random: Random): void {
  const { inodes, fields, entries } = anatomy
  switch (random.below(6)) {
    case 0:
    case 1: {
      const { at, size } = random.pick(fields)
      writeNumber(image, at, { size, value: fieldValue(image, { at, size }, anatomy, random) })
      break
    }
    case 2: {
      const { nid } = random.pick(inodes)
      const other = random.pick(inodes)
      const length = random.pick([32, 64, 96])
      image.copyWithin(nid * SLOT_SIZE, other.nid * SLOT_SIZE, other.nid * SLOT_SIZE + length)
      break
    }
    case 3: {
      if (entries.length === 0) break
      // An entry that leads to another inode, of the kind it says or not.
      const entry = random.pick(entries)
      writeNumber(image, entry, { size: 8, value: BigInt(random.pick(inodes).nid) })
      if (random.oneIn(2)) image[entry + 10] = random.below(9)
      break
    }
    case 4: {
      const { xattrOffset, xattrSize } = random.pick(inodes)
      if (xattrSize === 0) break
      const at = xattrOffset + random.below(xattrSize)
      image[at] = random.pick([0, 1, 4, 5, 6, 7, 128, 255, random.below(256)])
      break
    }
    default: {
      const { tailOffset, tailSize, firstBlock, blocks } = random.pick(inodes)
      const places = [
        ...(tailSize > 0 ? [tailOffset + random.below(tailSize)] : []),
        ...(blocks > 0 ? [firstBlock * BLOCK_SIZE + random.below(BLOCK_SIZE)] : []),
      ]
      if (places.length > 0)
        image.set(name(random).subarray(0, image.length - places[0]! - 1), random.pick(places))
    }
  }
}

/** A number from elsewhere in the image, a little more or less, or one of those that matter. */
function fieldValue(image: Uint8Array, place: Place, anatomy: Anatomy, random: Random): bigint {
  switch (random.below(4)) {
    case 0:
      return readNumber(image, random.pick(anatomy.fields))
    case 1:
      return BigInt.asUintN(64, readNumber(image, place) + BigInt(random.below(9) - 4))
    case 2:
      return BigInt(random.pick(anatomy.inodes).nid)
    default:
      return random.pick(INTERESTING)
  }
}

/** Another number of blocks, which the superblock knows of or not. */
function resized(image: Uint8Array, random: Random): Uint8Array {
  const blocks = Math.max(1, Math.ceil(image.length / BLOCK_SIZE) + random.below(5) - 2)
  const out = new Uint8Array(blocks * BLOCK_SIZE)
  out.set(image.subarray(0, out.length))
  const at = SUPERBLOCK_OFFSET + Superblock.offsets.blocks
  if (!random.oneIn(4)) writeNumber(out, at, { size: 4, value: BigInt(blocks) })
  return out
}

function name(random: Random): Uint8Array {
  return Buffer.from(random.pick(NAMES), 'latin1')
}

function examine(bytes: Uint8Array): Anatomy | undefined {
  const fields: Place[] = [
    ...structPlaces(Header, 0),
    ...structPlaces(Superblock, SUPERBLOCK_OFFSET),
  ]
  const inodes: ErofsInode[] = []
  const entries: number[] = []
  try {
    const image = openImage(bytes)
    for (const { inode, isFirstName } of image.walk()) {
      if (!isFirstName) continue
      inodes.push(inode)
      // The 256 stubs of an image are all alike.
      if (inode.kind === 'chr' && inodes.length > 40) continue
      addInode(image, inode, fields)
      if (inode.kind === 'directory') entries.push(...entryPlaces(image, inode, fields))
    }
  } catch {
    // What could be read is what can be changed.
  }
  return inodes.length === 0 ? undefined : { inodes, fields, entries }
}

function addInode({ bytes }: ErofsImage, inode: ErofsInode, fields: Place[]): void {
  const at = inode.nid * SLOT_SIZE
  const isExtended = ((bytes[at] as number) & 1) === 1
  fields.push(...structPlaces(isExtended ? ExtendedInode : CompactInode, at))
  const { xattrOffset, xattrSize } = inode
  if (xattrSize === 0) return
  fields.push(...structPlaces(XattrArea, xattrOffset))
  let entry = xattrOffset + XattrArea.size
  for (const end = xattrOffset + xattrSize; entry < end; entry += 4) {
    if (entry < xattrOffset + XattrArea.size + 8)
      fields.push(...structPlaces(XattrEntryHead, entry), { at: entry, size: 4 })
  }
}

/** Places of the heads of directory entries. */
function entryPlaces({ bytes }: ErofsImage, directory: ErofsInode, fields: Place[]): number[] {
  const groups: number[] = []
  for (let i = 0; i < directory.blocks; i++) groups.push((directory.firstBlock + i) * BLOCK_SIZE)
  if (directory.tailSize > 0) groups.push(directory.tailOffset)
  const entries: number[] = []
  for (const group of groups) {
    const count = Math.floor(
      ((bytes[group + 8] ?? 0) | ((bytes[group + 9] ?? 0) << 8)) / DirectoryEntryHead.size,
    )
    for (let i = 0; i < count; i++) {
      const at = group + i * DirectoryEntryHead.size
      entries.push(at)
      if (i < 4 || i > count - 4) fields.push(...structPlaces(DirectoryEntryHead, at))
    }
  }
  return entries
}

/** Where the numbers of a record are. */
function structPlaces(
  record: { readonly size: number; readonly offsets: Readonly<Record<string, number>> },
  at: number,
): Place[] {
  const offsets = Object.values(record.offsets)
  return offsets
    .map((offset, i) => ({ at: at + offset, size: (offsets[i + 1] ?? record.size) - offset }))
    .filter(({ size }) => size <= 8)
}

function readNumber(bytes: Uint8Array, { at, size }: Place): bigint {
  let value = 0n
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0)
  return value
}
