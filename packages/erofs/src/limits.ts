import type { ErofsVersion } from './format.ts'

/** Largest inline file in bytes: C composefs reads no larger one, and cfsctl no larger one in V2. */
export function inlineMax(version: ErofsVersion): number {
  return version === 2 ? 512 : 5000
}

/** Longest symlink target in bytes: PATH_MAX without its NUL, and what cfsctl reads in V2. */
export function symlinkMax(version: ErofsVersion): number {
  return version === 2 ? 1024 : 4095
}

/** Shared xattrs of one inode: C composefs goes no further, V2 up to what the count byte holds. */
export function sharedXattrsMax(version: ErofsVersion): number {
  return version === 2 ? 255 : 128
}

/** Largest xattr area of one inode: its size has 16 bits. */
export const XATTR_AREA_MAX = 12 + 4 * 65534

/** Longest name of a file in bytes. */
export const NAME_MAX = 255

/** Longest name of an xattr in bytes, as a user of the tree sees it. */
export const XATTR_NAME_MAX = 255

/** Longest sum of the xattr names of one inode in bytes: what listxattr can return. */
export const XATTR_NAMES_MAX = 65535

/** Largest size of an external or sparse file: 1024 chunks of the largest size. */
export const FILE_SIZE_MAX = 2 ** 53

/** Most directories on the way from the root to a directory: PATH_MAX leaves room for no more. */
export const DEPTH_MAX = 2048

/** Largest image that is read unless the caller says otherwise: a tree of several million files. */
export const IMAGE_SIZE_MAX = 2 ** 30

export const NANOSECONDS_MAX = 999_999_999
