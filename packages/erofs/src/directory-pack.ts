import { BLOCK_SIZE, DirectoryEntryHead, FILE_TYPES } from './format.ts'
import type { Listing } from './listing.ts'

/** Largest tail of a directory that stays behind its inode, in bytes. */
const TAIL_MAX = BLOCK_SIZE / 2

/** How many blocks of entries the listed directory has, and how many bytes are left for its tail. */
export function packDirectory(listing: Listing): { blocks: number; tail: number } {
  const { length, names } = listing
  let blocks = 0
  let tail = 0
  for (let i = 0; i < length; i++) {
    const size = DirectoryEntryHead.size + listing.nameLength(names[i] as number)
    if (tail + size > BLOCK_SIZE) {
      blocks++
      tail = 0
    }
    tail += size
  }
  return tail > TAIL_MAX ? { blocks: blocks + 1, tail: 0 } : { blocks, tail }
}

/** Where the group of entries that begins with entry `start` of the listed directory ends. */
export function groupEnd(listing: Listing, start: number): number {
  const { length, names } = listing
  let size = 0
  for (let i = start; i < length; i++) {
    size += DirectoryEntryHead.size + listing.nameLength(names[i] as number)
    if (size > BLOCK_SIZE) return i
  }
  return length
}

/** What a writer of directory entries needs to know about the inodes they lead to. */
export interface EntryTargets {
  /** By number of the inode. */
  readonly nids: Uint32Array
  /** By node. */
  readonly numbers: Uint32Array
  /** Type and permission bits of a node as they stand in the image. */
  modeOf(node: number): number
}

/** Writes entries `start` up to `end` of the listed directory, heads first, then names. */
export function writeGroup(
  listing: Listing,
  group: { readonly start: number; readonly end: number },
  targets: EntryTargets,
  out: { readonly bytes: Uint8Array; readonly view: DataView; readonly at: number },
): void {
  const { nid, nameOffset, fileType } = DirectoryEntryHead.offsets
  const { bytes, view } = out
  let head = out.at
  let name = out.at + (group.end - group.start) * DirectoryEntryHead.size
  for (let i = group.start; i < group.end; i++) {
    const listed = listing.names[i] as number
    const node = listing.node(listed)
    view.setUint32(head + nid, targets.nids[targets.numbers[node] as number] as number, true)
    view.setUint16(head + nameOffset, name - out.at, true)
    bytes[head + fileType] = FILE_TYPES[targets.modeOf(node) >> 12] as number
    head += DirectoryEntryHead.size
    name += listing.copyName(listed, bytes, name)
  }
}
