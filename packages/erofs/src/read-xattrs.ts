import { compareBytes, equalBytes } from '@composefs/bytes'
import type { Xattr } from '@composefs/tree'
import { XATTR_UNIT, XattrArea, XattrEntryHead } from './format.ts'
import { type ErofsInode, inodeError } from './inode.ts'
import type { ImageBytes } from './superblock.ts'
import { padXattr } from './xattr-entry.ts'
import { xattrPrefix } from './xattr-name.ts'

/** So many names are faster compared with each other than sorted. */
const FEW = 8

/**
 * The xattrs of an inode with their full names as they stand in the image, in the order of the image: shared ones
 * first. Values alias the image.
 *
 * @throws ErofsError ERR_EROFS_BAD_XATTR, ERR_EROFS_OUT_OF_RANGE
 */
export function readXattrs(image: ImageBytes, inode: ErofsInode): Xattr[] {
  if (inode.xattrSize === 0) return []
  const { view } = image
  const end = inode.xattrOffset + inode.xattrSize
  const sharedCount = view.getUint8(inode.xattrOffset + XattrArea.offsets.sharedCount)
  let at = inode.xattrOffset + XattrArea.size
  if (at + sharedCount * XATTR_UNIT > end) {
    const facts = { offset: inode.xattrOffset, actual: sharedCount }
    throw inodeError('ERR_EROFS_BAD_XATTR', inode.nid, `${sharedCount} shared xattrs`, facts)
  }
  const xattrs: Xattr[] = []
  for (let i = 0; i < sharedCount; i++) {
    const reference = view.getUint32(at, true)
    const place = image.xattrOffset + reference * XATTR_UNIT
    xattrs.push(readEntry(image, inode, place, view.byteLength).xattr)
    at += XATTR_UNIT
  }
  while (at < end) {
    const { xattr, size } = readEntry(image, inode, at, end)
    xattrs.push(xattr)
    at += size
  }
  assertDistinct(inode, xattrs)
  return xattrs
}

/** The value of the xattr with that name. */
export function xattrValue(xattrs: readonly Xattr[], name: Uint8Array): Uint8Array | undefined {
  for (const xattr of xattrs) if (equalBytes(xattr.name, name)) return xattr.value
  return undefined
}

function readEntry(
  { bytes, view }: ImageBytes,
  inode: ErofsInode,
  at: number,
  limit: number,
): { xattr: Xattr; size: number } {
  if (at + XattrEntryHead.size > limit) throw outOfRange(inode, at)
  const nameLength = view.getUint8(at + XattrEntryHead.offsets.nameLength)
  const nameIndex = view.getUint8(at + XattrEntryHead.offsets.nameIndex)
  const valueSize = view.getUint16(at + XattrEntryHead.offsets.valueSize, true)
  const nameAt = at + XattrEntryHead.size
  const valueAt = nameAt + nameLength
  if (valueAt + valueSize > limit) throw outOfRange(inode, at)
  const prefix = xattrPrefix(nameIndex)
  if (prefix === undefined) {
    const facts = { offset: at, actual: nameIndex }
    throw inodeError('ERR_EROFS_BAD_XATTR', inode.nid, `xattr prefix ${nameIndex}`, facts)
  }
  const name = new Uint8Array(prefix.length + nameLength)
  name.set(prefix)
  name.set(bytes.subarray(nameAt, valueAt), prefix.length)
  if (name.length === 0 || name.includes(0)) {
    const problem = 'an xattr with an empty name or a NUL in it'
    throw inodeError('ERR_EROFS_BAD_XATTR', inode.nid, problem, { offset: at })
  }
  return {
    xattr: { name, value: bytes.subarray(valueAt, valueAt + valueSize) },
    size: padXattr(valueAt + valueSize - at),
  }
}

/** Which of two xattrs of one name counts is up to the reader, so an image with two says two things. */
function assertDistinct(inode: ErofsInode, xattrs: readonly Xattr[]): void {
  if (xattrs.length > FEW) {
    const names = xattrs.map(xattr => xattr.name).sort(compareBytes)
    for (let i = 1; i < names.length; i++) {
      if (equalBytes(names[i - 1] as Uint8Array, names[i] as Uint8Array)) throw twice(inode)
    }
    return
  }
  for (let i = 1; i < xattrs.length; i++) {
    const { name } = xattrs[i] as Xattr
    for (let j = 0; j < i; j++) {
      if (equalBytes(name, (xattrs[j] as Xattr).name)) throw twice(inode)
    }
  }
}

function twice(inode: ErofsInode) {
  const facts = { offset: inode.xattrOffset }
  return inodeError('ERR_EROFS_BAD_XATTR', inode.nid, 'an xattr name is there twice', facts)
}

function outOfRange(inode: ErofsInode, offset: number) {
  return inodeError('ERR_EROFS_OUT_OF_RANGE', inode.nid, 'an xattr that is cut off', { offset })
}
