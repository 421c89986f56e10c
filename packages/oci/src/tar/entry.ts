import type { Digest } from '@composefs/fsverity'
import type { Xattr } from '@composefs/tree'

/** What an entry of a layer is. A contiguous file (type 7) is a regular one. */
export type TarEntryKind = 'regular' | 'hardlink' | 'symlink' | 'chr' | 'blk' | 'directory' | 'fifo'

/** Where the bytes of a regular file are: small ones in the layer's stream, larger ones in an object. */
export type TarEntryContent =
  | { readonly kind: 'inline'; readonly data: Uint8Array }
  | { readonly kind: 'external'; readonly digest: Digest }

/** One entry of a layer, its extension headers applied. Byte fields do not alias the input. */
export interface TarEntry {
  readonly kind: TarEntryKind
  /** `/` + path without trailing slashes; the root is the empty path. Inner `.`, `..` and `//` stay as they came. */
  readonly path: Uint8Array
  /** Symlink: the target as it came. Hard link: in the form of `path`. Else empty. */
  readonly target: Uint8Array
  /** Permission bits, 12 of them. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeSeconds: bigint
  readonly mtimeNanoseconds: number
  /** Bytes of content of a regular file, else 0. */
  readonly size: number
  /** Device numbers, 0 but for devices. */
  readonly major: number
  readonly minor: number
  /** In the order of the header; of equal names only the last one. */
  readonly xattrs: readonly Xattr[]
  /** Of a regular file only. */
  readonly content: TarEntryContent | undefined
  /** Offset of the entry's first header block in the uncompressed layer, in bytes. */
  readonly offset: number
}
