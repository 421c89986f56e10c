import { compareBytes, equalBytes } from '@composefs/bytes'
import { XATTR_NAME_MAX, type Xattr } from '@composefs/tree'
import { type ErofsInode, inodeError } from './inode.ts'
import { XATTR_NAMES_MAX } from './limits.ts'
import {
  OPAQUE_XATTRS,
  WHITEOUT_DIRECTORY,
  WHITEOUT_DIRECTORY_OPAQUE,
  WHITEOUT_FILE,
} from './overlay-names.ts'
import type { ImageBytes } from './superblock.ts'
import { unescapeXattrName } from './xattr-name.ts'

/** Which whiteout an inode has to do with, and so which markers composefs put on it. */
export type WhiteoutRole = 'none' | 'is-whiteout' | 'holds-whiteout'

/**
 * The xattrs of an inode as its tree has them, in bytes order of their names: unescaped, without what composefs
 * added. Values alias the image.
 *
 * @throws ErofsError ERR_EROFS_BAD_XATTR for names that no tree can have
 */
export function treeXattrs(
  image: ImageBytes,
  inode: ErofsInode,
  xattrs: readonly Xattr[],
  role: WhiteoutRole,
): Xattr[] {
  const plain: Xattr[] = []
  let names = 0
  for (const { name: escaped, value } of xattrs) {
    if (isMarker(image, role, escaped, value)) continue
    const name = unescapeXattrName(escaped)
    if (name === undefined) continue
    names += name.length
    if (name.length > XATTR_NAME_MAX || names > XATTR_NAMES_MAX) {
      const facts = { offset: inode.xattrOffset, actual: name.length }
      throw inodeError('ERR_EROFS_BAD_XATTR', inode.nid, 'xattr names that are too long', facts)
    }
    plain.push({ name, value })
  }
  return plain.sort((a, b) => compareBytes(a.name, b.name))
}

/** True when a directory has a marker that says it holds escaped whiteouts; whether it does is not known yet. */
export function hasWhiteoutMarker(xattrs: readonly Xattr[]): boolean {
  return xattrs.some(({ name }) => WHITEOUT_DIRECTORY.some(marker => equalBytes(marker, name)))
}

function isMarker(
  image: ImageBytes,
  role: WhiteoutRole,
  name: Uint8Array,
  value: Uint8Array,
): boolean {
  const isOneOf = (markers: readonly Uint8Array[]) =>
    markers.some(marker => equalBytes(marker, name))
  if (role === 'none') return false
  if (role === 'is-whiteout') return isOneOf(WHITEOUT_FILE)
  if (isOneOf(WHITEOUT_DIRECTORY)) return true
  return (
    image.version === 1 && equalBytes(value, OPAQUE_XATTRS) && isOneOf(WHITEOUT_DIRECTORY_OPAQUE)
  )
}
