import { type FileKind, NANOSECONDS_MAX, SIZE_MAX, TYPE_MASK } from '@composefs/tree'
import { ErofsError, type ErofsErrorCode, type ErofsErrorFacts } from './errors.ts'
import {
  BLOCK_SIZE,
  CompactInode,
  ExtendedInode,
  FORMAT_EXTENDED,
  INODES_OFFSET,
  LAYOUT_CHUNKS,
  LAYOUT_INLINE,
  LAYOUT_PLAIN,
  SLOT_SIZE,
  XATTR_UNIT,
  XattrArea,
} from './format.ts'
import type { ImageBytes, NumberView } from './superblock.ts'

/** An inode as it stands in its image. All its places have been checked to be inside. */
export interface ErofsInode {
  /** Place of the inode, in units of 32 bytes. */
  readonly nid: number
  readonly kind: FileKind
  /** Type and permission bits. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  /** Bytes of the file, of a symlink's target or of the entries of a directory. */
  readonly size: number
  readonly mtimeSeconds: bigint
  readonly mtimeNanoseconds: number
  /** Device number in the kernel's 32-bit encoding, 0 but for devices. */
  readonly rdev: number
  /** The data is not in this image: a table of chunks takes its place. */
  readonly hasChunks: boolean
  /** Where the xattr area is, in bytes from the start of the image, and its size; 0 for none. */
  readonly xattrOffset: number
  readonly xattrSize: number
  /** First block of the data, and number of whole or partial blocks. */
  readonly firstBlock: number
  readonly blocks: number
  /** Where the bytes behind the last block are, and how many; 0 for none. */
  readonly tailOffset: number
  readonly tailSize: number
}

/** Kinds by the type bits of a mode shifted down by 12. */
const KINDS: readonly (FileKind | undefined)[] = Array.from({ length: 16 }, (_, type) => {
  switch (type) {
    case 1:
      return 'fifo'
    case 2:
      return 'chr'
    case 4:
      return 'directory'
    case 6:
      return 'blk'
    case 8:
      return 'regular'
    case 10:
      return 'symlink'
    case 12:
      return 'socket'
    default:
      return undefined
  }
})

const COMPACT = CompactInode.offsets
const EXTENDED = ExtendedInode.offsets

/** High half of the largest size of a file. */
const SIZE_HIGH_MAX = SIZE_MAX / 2 ** 32

/**
 * Reads an inode and checks everything that can be said of it alone.
 *
 * @throws ErofsError ERR_EROFS_OUT_OF_RANGE, ERR_EROFS_UNSUPPORTED, ERR_EROFS_BAD_INODE, ERR_EROFS_BAD_WHITEOUT
 */
export function readInode(image: ImageBytes, nid: number): ErofsInode {
  const { view } = image
  const offset = nid * SLOT_SIZE
  const limit = view.byteLength
  if (!(offset >= INODES_OFFSET && offset + CompactInode.size <= limit)) {
    throw inodeError('ERR_EROFS_OUT_OF_RANGE', nid, 'outside the image')
  }
  const format = view.getUint16(offset + COMPACT.format, true)
  const isCompact = (format & FORMAT_EXTENDED) === 0
  const layout = format & ~FORMAT_EXTENDED
  if (layout !== LAYOUT_PLAIN && layout !== LAYOUT_INLINE && layout !== LAYOUT_CHUNKS) {
    const facts = { offset, actual: format }
    throw inodeError('ERR_EROFS_UNSUPPORTED', nid, `format ${format}`, facts)
  }
  const inodeSize = isCompact ? CompactInode.size : ExtendedInode.size
  const xattrCount = view.getUint16(offset + COMPACT.xattrCount, true)
  const xattrSize = xattrCount === 0 ? 0 : XattrArea.size + (xattrCount - 1) * XATTR_UNIT
  const tailOffset = offset + inodeSize + xattrSize
  if (tailOffset > limit) {
    throw inodeError('ERR_EROFS_OUT_OF_RANGE', nid, 'ends outside the image', { offset })
  }
  const mode = view.getUint16(offset + COMPACT.mode, true)
  const kind = KINDS[(mode & TYPE_MASK) >> 12]
  if (kind === undefined) {
    throw inodeError('ERR_EROFS_BAD_INODE', nid, `mode ${mode.toString(8)}`, { offset })
  }
  const hasChunks = layout === LAYOUT_CHUNKS
  if (hasChunks && kind !== 'regular') {
    throw inodeError('ERR_EROFS_BAD_INODE', nid, `a ${kind} with chunks`, { offset })
  }
  const size = isCompact
    ? view.getUint32(offset + COMPACT.size, true)
    : readSize(view, offset + EXTENDED.size)
  const sizeMax = hasChunks ? SIZE_MAX : limit
  if (size > sizeMax) {
    const facts = { offset, expected: `at most ${sizeMax}`, actual: size }
    throw inodeError('ERR_EROFS_BAD_INODE', nid, `a size above ${sizeMax} bytes`, facts)
  }
  const mtimeNanoseconds = isCompact
    ? image.buildTimeNanoseconds
    : view.getUint32(offset + EXTENDED.mtimeNanoseconds, true)
  if (mtimeNanoseconds > NANOSECONDS_MAX) {
    const problem = `a time of ${mtimeNanoseconds} nanoseconds`
    throw inodeError('ERR_EROFS_BAD_INODE', nid, problem, { offset })
  }
  const nlink = isCompact
    ? view.getUint16(offset + COMPACT.nlink, true)
    : view.getUint32(offset + EXTENDED.nlink, true)
  const data = view.getUint32(offset + COMPACT.data, true)
  if (kind === 'chr' && data === 0 && nlink !== 1) {
    const facts = { offset, expected: 1, actual: nlink }
    throw inodeError('ERR_EROFS_BAD_WHITEOUT', nid, 'a whiteout with several names', facts)
  }
  const hasData = !hasChunks && (kind === 'directory' || kind === 'regular' || kind === 'symlink')
  const tailSize = hasData && layout === LAYOUT_INLINE ? size % BLOCK_SIZE : 0
  const blocks = hasData ? Math.ceil((size - tailSize) / BLOCK_SIZE) : 0
  const inode: ErofsInode = {
    nid,
    kind,
    mode,
    nlink,
    uid: isCompact
      ? view.getUint16(offset + COMPACT.uid, true)
      : view.getUint32(offset + EXTENDED.uid, true),
    gid: isCompact
      ? view.getUint16(offset + COMPACT.gid, true)
      : view.getUint32(offset + EXTENDED.gid, true),
    size,
    mtimeSeconds: isCompact ? image.buildTime : view.getBigInt64(offset + EXTENDED.mtime, true),
    mtimeNanoseconds,
    rdev: kind === 'chr' || kind === 'blk' ? data : 0,
    hasChunks,
    xattrOffset: offset + inodeSize,
    xattrSize,
    firstBlock: blocks === 0 ? 0 : data,
    blocks,
    tailOffset,
    tailSize,
  }
  assertData(inode, limit)
  return inode
}

/** The bytes that an inode takes of the image: itself, its xattr area and its data. */
export function claimedBytes(inode: ErofsInode): number {
  const head = inode.tailOffset - inode.nid * SLOT_SIZE
  return head + inode.tailSize + inode.blocks * BLOCK_SIZE
}

/** The pieces of the data of a directory, an inline file or a symlink, in order. They alias the image. */
export function* dataPieces(image: ImageBytes, inode: ErofsInode): Generator<Uint8Array> {
  const { bytes } = image
  const inBlocks = inode.size - inode.tailSize
  for (let block = 0; block < inode.blocks; block++) {
    const at = (inode.firstBlock + block) * BLOCK_SIZE
    yield bytes.subarray(at, at + Math.min(BLOCK_SIZE, inBlocks - block * BLOCK_SIZE))
  }
  if (inode.tailSize > 0) yield bytes.subarray(inode.tailOffset, inode.tailOffset + inode.tailSize)
}

/** The whole data of an inode, in new memory. The caller has checked that the size is small. */
export function readData(image: ImageBytes, inode: ErofsInode): Uint8Array {
  const data = new Uint8Array(inode.size)
  let at = 0
  for (const piece of dataPieces(image, inode)) {
    data.set(piece, at)
    at += piece.length
  }
  return data
}

/** An error about an inode. */
export function inodeError(
  code: ErofsErrorCode,
  nid: number,
  problem: string,
  facts: ErofsErrorFacts = {},
): ErofsError {
  return new ErofsError(code, `inode ${nid}: ${problem}`, { nid, ...facts })
}

/** A 64-bit size. Beyond 2^53 a number is not exact, and every larger size is refused anyway. */
function readSize(view: NumberView, offset: number): number {
  const low = view.getUint32(offset, true)
  const high = view.getUint32(offset + 4, true)
  const isExact = high < SIZE_HIGH_MAX || (high === SIZE_HIGH_MAX && low === 0)
  return isExact ? high * 2 ** 32 + low : Number.POSITIVE_INFINITY
}

function assertData(inode: ErofsInode, limit: number): void {
  const { nid, blocks, firstBlock, tailOffset, tailSize } = inode
  if ((firstBlock + blocks) * BLOCK_SIZE > limit) {
    const facts = { actual: firstBlock }
    throw inodeError('ERR_EROFS_OUT_OF_RANGE', nid, 'data outside the image', facts)
  }
  if (tailSize === 0) return
  const end = tailOffset + tailSize
  if (end > limit) {
    throw inodeError('ERR_EROFS_OUT_OF_RANGE', nid, 'a tail outside the image', { offset: end })
  }
  // The kernel refuses to read such a tail.
  if (Math.floor(tailOffset / BLOCK_SIZE) !== Math.floor((end - 1) / BLOCK_SIZE)) {
    const facts = { offset: tailOffset, actual: tailSize }
    throw inodeError('ERR_EROFS_BAD_INODE', nid, 'a tail across a block boundary', facts)
  }
}
