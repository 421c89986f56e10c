import { SYMLINK_MAX } from '@composefs/tree'
import type { ErofsVersion } from './format.ts'

/** Largest inline file in bytes: C composefs reads no larger one, and cfsctl no larger one in V2. */
export function inlineMax(version: ErofsVersion): number {
  return version === 2 ? 512 : 5000
}

/** Longest symlink target in bytes: that of a tree, and what cfsctl reads in V2. */
export function symlinkMax(version: ErofsVersion): number {
  return version === 2 ? 1024 : SYMLINK_MAX
}

/** Shared xattrs of one inode: C composefs goes no further, V2 up to what the count byte holds. */
export function sharedXattrsMax(version: ErofsVersion): number {
  return version === 2 ? 255 : 128
}

/** Largest xattr area of one inode: its size has 16 bits. */
export const XATTR_AREA_MAX = 12 + 4 * 65534

/** Longest sum of the xattr names of one inode in bytes: what listxattr can return. */
export const XATTR_NAMES_MAX = 65535

/** Largest image that is read unless the caller says otherwise: a tree of several million files. */
export const IMAGE_SIZE_MAX = 2 ** 30
