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
