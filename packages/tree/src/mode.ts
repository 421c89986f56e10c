import type { FileKind } from './inode.ts'

/** Permission bits of a mode. */
export const PERMISSION_MASK = 0o7777

/** Type bits of a mode, as in `st_mode`. */
export const TYPE_MASK = 0o170000
/** Type bits of a fifo. */
export const TYPE_FIFO = 0o010000
/** Type bits of a character device; with device number 0, of a whiteout. */
export const TYPE_CHR = 0o020000
/** Type bits of a directory. */
export const TYPE_DIRECTORY = 0o040000
/** Type bits of a block device. */
export const TYPE_BLK = 0o060000
/** Type bits of a regular file. */
export const TYPE_REGULAR = 0o100000
/** Type bits of a symlink. */
export const TYPE_SYMLINK = 0o120000
/** Type bits of a socket. */
export const TYPE_SOCKET = 0o140000

/** Type bits of each kind. */
export const TYPE_BITS: Readonly<Record<FileKind, number>> = {
  fifo: TYPE_FIFO,
  chr: TYPE_CHR,
  directory: TYPE_DIRECTORY,
  blk: TYPE_BLK,
  regular: TYPE_REGULAR,
  symlink: TYPE_SYMLINK,
  socket: TYPE_SOCKET,
}

/** The kind of a mode with type bits, or undefined when the type is not known. */
export function kindOfMode(mode: number): FileKind | undefined {
  switch (mode & TYPE_MASK) {
    case TYPE_DIRECTORY:
      return 'directory'
    case TYPE_REGULAR:
      return 'regular'
    case TYPE_SYMLINK:
      return 'symlink'
    case TYPE_CHR:
      return 'chr'
    case TYPE_BLK:
      return 'blk'
    case TYPE_FIFO:
      return 'fifo'
    case TYPE_SOCKET:
      return 'socket'
    default:
      return undefined
  }
}
