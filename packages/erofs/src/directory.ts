import { compareBytes } from '@composefs/bytes'
import { NAME_MAX } from '@composefs/tree'
import { BLOCK_SIZE, DirectoryEntryHead } from './format.ts'
import { dataPieces, type ErofsInode, inodeError } from './inode.ts'
import type { ImageBytes } from './superblock.ts'

/** An entry of a directory. */
export interface DirectoryEntry {
  /** Aliases the image. */
  readonly name: Uint8Array
  readonly nid: number
  /** 1 regular, 2 directory, 3 chr, 4 blk, 5 fifo, 6 socket, 7 symlink. */
  readonly fileType: number
}

const HEAD = DirectoryEntryHead.offsets
const DOT = Uint8Array.of(0x2e)
const DOT_DOT = Uint8Array.of(0x2e, 0x2e)
const NOTHING = new Uint8Array(0)
const SLASH = 0x2f

/**
 * The entries of a directory in bytes order, without `.` and `..`, which are checked. What the entries lead to has
 * not been looked at.
 *
 * @param parentNid what `..` must be, if it is known
 * @throws ErofsError ERR_EROFS_BAD_DIRECTORY, ERR_EROFS_OUT_OF_RANGE
 */
export function* readDirectory(
  image: ImageBytes,
  directory: ErofsInode,
  parentNid?: number,
): Generator<DirectoryEntry> {
  if (directory.kind !== 'directory') throw directoryError(directory, 'not a directory')
  let previous: Uint8Array = NOTHING
  let hasDot = false
  let hasDotDot = false
  for (const group of dataPieces(image, directory)) {
    for (const entry of groupEntries(directory, group)) {
      const { name, nid } = entry
      // Every name is longer than nothing, so that an empty name is out of order as well.
      if (compareBytes(previous, name) >= 0) throw directoryError(directory, 'names out of order')
      previous = name
      if (name[0] === DOT[0] && compareBytes(name, DOT) === 0) {
        hasDot = true
        if (nid !== directory.nid) throw directoryError(directory, '"." is not the directory')
      } else if (name[0] === DOT[0] && compareBytes(name, DOT_DOT) === 0) {
        hasDotDot = true
        if (parentNid !== undefined && nid !== parentNid) {
          throw directoryError(directory, '".." is not the parent')
        }
      } else {
        yield entry
      }
    }
  }
  if (!hasDot || !hasDotDot) throw directoryError(directory, 'no "." or no ".."')
}

/** Entries of one block or of the tail: heads, then names, each of which ends where the next one starts. */
function* groupEntries(directory: ErofsInode, group: Uint8Array): Generator<DirectoryEntry> {
  const view = new DataView(group.buffer, group.byteOffset, group.byteLength)
  if (group.length < DirectoryEntryHead.size) throw directoryError(directory, 'a cut off entry')
  const namesStart = view.getUint16(HEAD.nameOffset, true)
  if (
    namesStart === 0 ||
    namesStart % DirectoryEntryHead.size !== 0 ||
    namesStart >= group.length
  ) {
    throw directoryError(directory, `the first name at ${namesStart}`)
  }
  let nameAt = namesStart
  for (let head = 0; head < namesStart; head += DirectoryEntryHead.size) {
    const isLast = head + DirectoryEntryHead.size === namesStart
    const nameEnd = isLast
      ? lastNameEnd(group, nameAt)
      : view.getUint16(head + DirectoryEntryHead.size + HEAD.nameOffset, true)
    if (nameEnd <= nameAt || nameEnd > group.length) {
      throw directoryError(directory, `a name from ${nameAt} to ${nameEnd}`)
    }
    const name = group.subarray(nameAt, nameEnd)
    assertName(directory, name)
    const nidHigh = view.getUint32(head + HEAD.nid + 4, true)
    if (nidHigh !== 0) {
      throw inodeError('ERR_EROFS_OUT_OF_RANGE', directory.nid, 'an entry that leads nowhere')
    }
    yield {
      name,
      nid: view.getUint32(head + HEAD.nid, true),
      fileType: view.getUint8(head + HEAD.fileType),
    }
    nameAt = nameEnd
  }
}

/** The last name of a block ends before the zeros that fill the block. */
function lastNameEnd(group: Uint8Array, start: number): number {
  const zero = group.indexOf(0, start)
  return zero === -1 ? group.length : zero
}

function assertName(directory: ErofsInode, name: Uint8Array): void {
  if (name.length > NAME_MAX) throw directoryError(directory, `a name of ${name.length} bytes`)
  for (let i = 0; i < name.length; i++) {
    if (name[i] !== 0 && name[i] !== SLASH) continue
    throw directoryError(directory, 'a slash or NUL in a name')
  }
}

function directoryError(directory: ErofsInode, problem: string) {
  const offset = directory.blocks > 0 ? directory.firstBlock * BLOCK_SIZE : directory.tailOffset
  return inodeError('ERR_EROFS_BAD_DIRECTORY', directory.nid, problem, { offset })
}
