import type { Digest } from '@composefs/fsverity'

/** Number of an inode in its tree. Numbers are not dense: those of removed inodes stay unused. */
export type Inode = number

/** The root directory of every tree. */
export const ROOT: Inode = 0

/** What an inode is. */
export type FileKind = 'directory' | 'regular' | 'symlink' | 'chr' | 'blk' | 'fifo' | 'socket'

/** One extended attribute. Names are as a user of the tree sees them, nothing is escaped. */
export interface Xattr {
  readonly name: Uint8Array
  readonly value: Uint8Array
}

/** What every inode has besides its content. */
export interface Metadata {
  /** Permission bits, 12 of them. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970, 64 bits, signed. */
  readonly mtimeSeconds: bigint
  /** 0 to 999999999. */
  readonly mtimeNanoseconds: number
  readonly xattrs: readonly Xattr[]
}

/**
 * What a leaf holds. Sizes are bytes, at most 2^53. A `payload` is a redirect that is not the object path of the
 * digest; trees made from layers and directories never have one.
 */
export type LeafContent =
  | { readonly kind: 'inline'; readonly data: Uint8Array }
  | {
      readonly kind: 'external'
      readonly digest: Digest
      readonly size: number
      readonly payload?: Uint8Array
    }
  /** The object is known by name, its digest is not enforced. Exactly one of `object` and `payload` is there. */
  | {
      readonly kind: 'external-no-verity'
      readonly object?: Digest
      readonly size: number
      readonly payload?: Uint8Array
    }
  | { readonly kind: 'sparse'; readonly size: number }
  | { readonly kind: 'symlink'; readonly target: Uint8Array }
  | { readonly kind: 'chr' | 'blk'; readonly rdev: number }
  | { readonly kind: 'fifo' }
  | { readonly kind: 'socket' }

/** Largest size of a file in bytes: what the chunk table of an image can describe. */
export const SIZE_MAX = 2 ** 53

/** Longest name in bytes. */
export const NAME_MAX = 255

/** Longest name of an xattr in bytes. */
export const XATTR_NAME_MAX = 255

/** Longest value of an xattr in bytes. */
export const XATTR_VALUE_MAX = 65535

/** Permission bits of a mode. */
export const PERMISSIONS = 0o7777

/** Type bits of a mode, as in `st_mode`. */
export const TYPE = 0o170000
export const TYPE_FIFO = 0o010000
export const TYPE_CHR = 0o020000
export const TYPE_DIRECTORY = 0o040000
export const TYPE_BLK = 0o060000
export const TYPE_REGULAR = 0o100000
export const TYPE_SYMLINK = 0o120000
export const TYPE_SOCKET = 0o140000

/** The kind of a mode with type bits, or undefined when the type is not known. */
export function kindOfMode(mode: number): FileKind | undefined {
  switch (mode & TYPE) {
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
