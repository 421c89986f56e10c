import { ALGORITHMS, type Algorithm, type Digest, isObjectPath } from '@composefs/fsverity'
import type { LeafContent, Xattr } from '@composefs/tree'
import { type ErofsInode, inodeError, readData } from './inode.ts'
import { inlineMax, symlinkMax } from './limits.ts'
import { parseMetacopy } from './metacopy.ts'
import { objectOfPath, objectOfRedirect } from './object-path.ts'
import { METACOPY, REDIRECT, WHITEOUT_FILE } from './overlay-names.ts'
import { xattrValue } from './read-xattrs.ts'
import type { ImageBytes } from './superblock.ts'

const SLASH = 0x2f

/**
 * What a leaf is in the tree: whiteouts are whiteouts again, and files elsewhere are named by their objects.
 *
 * @param xattrs of the inode, as the image has them
 * @param algorithm that digests must be of; default: any
 * @throws ErofsError ERR_EROFS_BAD_OVERLAY, ERR_EROFS_BAD_SYMLINK, ERR_EROFS_BAD_WHITEOUT, ERR_EROFS_INLINE_TOO_LONG
 */
export function leafContent(
  image: ImageBytes,
  inode: ErofsInode,
  xattrs: readonly Xattr[],
  algorithm?: Algorithm,
): LeafContent {
  switch (inode.kind) {
    case 'regular':
      return regularContent(image, inode, xattrs, algorithm)
    case 'symlink':
      return { kind: 'symlink', target: readTarget(image, inode) }
    case 'chr':
    case 'blk':
      return { kind: inode.kind, rdev: inode.rdev }
    case 'fifo':
    case 'socket':
      return { kind: inode.kind }
    case 'directory':
      throw new RangeError(`inode ${inode.nid} is a directory`)
  }
}

/**
 * True for an empty regular file that stands for a whiteout of the tree, as V0 and V1 write them: with both markers.
 * One of them alone is an xattr that the tree itself had on a file.
 */
export function isEscapedWhiteout(inode: ErofsInode, xattrs: readonly Xattr[]): boolean {
  return (
    inode.kind === 'regular' &&
    inode.size === 0 &&
    !inode.hasChunks &&
    WHITEOUT_FILE.every(name => xattrValue(xattrs, name) !== undefined)
  )
}

/**
 * The digest that a metacopy xattr makes overlayfs enforce; undefined without one or with an empty one.
 *
 * @throws ErofsError ERR_EROFS_BAD_OVERLAY
 */
export function enforcedDigest(
  inode: ErofsInode,
  xattrs: readonly Xattr[],
  algorithm?: Algorithm,
): Digest | undefined {
  const metacopy = xattrValue(xattrs, METACOPY)
  if (metacopy === undefined || metacopy.length === 0) return undefined
  const digest = parseMetacopy(metacopy)
  if (digest === undefined || (algorithm && digest.algorithm.name !== algorithm.name)) {
    throw inodeError('ERR_EROFS_BAD_OVERLAY', inode.nid, 'a metacopy xattr that says nothing', {
      ...(algorithm && { expected: algorithm.name }),
      actual: digest?.algorithm.name ?? `${metacopy.length} bytes`,
    })
  }
  return digest
}

function regularContent(
  image: ImageBytes,
  inode: ErofsInode,
  xattrs: readonly Xattr[],
  algorithm: Algorithm | undefined,
): LeafContent {
  if (isEscapedWhiteout(inode, xattrs)) return whiteoutContent(image, inode)
  const digest = enforcedDigest(inode, xattrs, algorithm)
  if (!inode.hasChunks && xattrValue(xattrs, METACOPY) === undefined) {
    return inlineContent(image, inode)
  }
  const { size } = inode
  const redirect = xattrValue(xattrs, REDIRECT)
  if (digest !== undefined) {
    const payload = redirect && payloadBeside(image, inode, redirect, digest)
    return { kind: 'external', digest, size, ...(payload && { payload }) }
  }
  if (redirect === undefined) return { kind: 'sparse', size }
  return { kind: 'external-no-verity', size, ...unenforced(image, inode, redirect, algorithm) }
}

/** The payload of a file whose redirect is not the object path of its digest: C composefs takes any. */
function payloadBeside(
  image: ImageBytes,
  inode: ErofsInode,
  redirect: Uint8Array,
  digest: Digest,
): Uint8Array | undefined {
  if (redirect[0] === SLASH && isObjectPath(redirect, 1, digest.bytes)) return undefined
  const payload = payloadOf(redirect)
  if (image.version !== 2 && payload !== undefined) return payload
  if (objectOfRedirect(redirect, [digest.algorithm])?.equals(digest)) return undefined
  throw redirectError(inode)
}

function unenforced(
  image: ImageBytes,
  inode: ErofsInode,
  redirect: Uint8Array,
  algorithm: Algorithm | undefined,
): { readonly object: Digest } | { readonly payload: Uint8Array } {
  const payload = payloadOf(redirect)
  const algorithms = algorithm === undefined ? ALGORITHMS : [algorithm]
  for (const candidate of payload === undefined ? [] : algorithms) {
    const object = objectOfPath(payload as Uint8Array, candidate)
    if (object !== undefined) return { object }
  }
  if (image.version !== 2 && payload !== undefined) return { payload }
  const object = objectOfRedirect(redirect, algorithms)
  if (object !== undefined) return { object }
  throw redirectError(inode)
}

/** A redirect without its slash, if a tree can say it. */
function payloadOf(redirect: Uint8Array): Uint8Array | undefined {
  const isPath = redirect[0] === SLASH && redirect.length > 1 && !redirect.includes(0)
  return isPath ? redirect.subarray(1) : undefined
}

function inlineContent(image: ImageBytes, inode: ErofsInode): LeafContent {
  const limit = inlineMax(image.version)
  if (inode.size > limit) {
    const facts = { expected: `at most ${limit}`, actual: inode.size }
    const problem = `inline content of ${inode.size} bytes`
    throw inodeError('ERR_EROFS_INLINE_TOO_LONG', inode.nid, problem, facts)
  }
  return { kind: 'inline', data: readData(image, inode) }
}

function whiteoutContent(image: ImageBytes, inode: ErofsInode): LeafContent {
  if (image.version === 2) {
    throw inodeError('ERR_EROFS_BAD_WHITEOUT', inode.nid, 'an escaped whiteout in a V2 image')
  }
  if (inode.nlink !== 1) {
    const facts = { expected: 1, actual: inode.nlink }
    const problem = 'a whiteout with several names'
    throw inodeError('ERR_EROFS_BAD_WHITEOUT', inode.nid, problem, facts)
  }
  return { kind: 'chr', rdev: 0 }
}

function readTarget(image: ImageBytes, inode: ErofsInode): Uint8Array {
  const limit = symlinkMax(image.version)
  if (inode.size === 0 || inode.size > limit) {
    const facts = { expected: `1 to ${limit}`, actual: inode.size }
    const problem = `a symlink target of ${inode.size} bytes`
    throw inodeError('ERR_EROFS_BAD_SYMLINK', inode.nid, problem, facts)
  }
  const target = readData(image, inode)
  if (!target.includes(0)) return target
  throw inodeError('ERR_EROFS_BAD_SYMLINK', inode.nid, 'a symlink target with a NUL in it')
}

function redirectError(inode: ErofsInode) {
  const problem = 'a redirect that is not the path of its object'
  return inodeError('ERR_EROFS_BAD_OVERLAY', inode.nid, problem)
}
