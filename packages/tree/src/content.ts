import { type Algorithm, Digest } from '@composefs/fsverity'
import { ContentCode } from './content-code.ts'
import { TreeError } from './errors.ts'
import type { Inode, LeafContent, Metadata } from './inode.ts'
import { NANOSECONDS_MAX, SIZE_MAX } from './limits.ts'
import {
  kindOfMode,
  PERMISSION_MASK,
  TYPE_BLK,
  TYPE_CHR,
  TYPE_FIFO,
  TYPE_REGULAR,
  TYPE_SOCKET,
  TYPE_SYMLINK,
} from './mode.ts'
import type { TreeStore } from './store.ts'

const UINT32_MAX = 2 ** 32 - 1
const SECONDS_MIN = -(1n << 63n)
const SECONDS_MAX = (1n << 63n) - 1n

/**
 * Checks everything of `metadata` but its xattrs.
 *
 * @throws TreeError ERR_TREE_BAD_METADATA
 */
export function assertMetadata(metadata: Metadata): void {
  assertInteger('mode', metadata.mode, PERMISSION_MASK)
  assertInteger('uid', metadata.uid, UINT32_MAX)
  assertInteger('gid', metadata.gid, UINT32_MAX)
  assertInteger('nanoseconds', metadata.mtimeNanoseconds, NANOSECONDS_MAX)
  const { mtimeSeconds } = metadata
  if (mtimeSeconds < SECONDS_MIN || mtimeSeconds > SECONDS_MAX) {
    throw new TreeError('ERR_TREE_BAD_METADATA', `an mtime of ${mtimeSeconds} seconds`)
  }
}

/**
 * Checks the content of a leaf and returns the type bits of its mode.
 *
 * @throws TreeError ERR_TREE_BAD_CONTENT
 */
export function contentMode(content: LeafContent, algorithm: Algorithm): number {
  switch (content.kind) {
    case 'inline':
      return TYPE_REGULAR
    case 'sparse':
      assertSize(content.size)
      return TYPE_REGULAR
    case 'external':
      assertSize(content.size)
      assertDigest(content.digest, algorithm)
      assertPayload(content.payload)
      return TYPE_REGULAR
    case 'external-no-verity':
      assertSize(content.size)
      if ((content.object === undefined) === (content.payload === undefined)) {
        throw new TreeError('ERR_TREE_BAD_CONTENT', 'a file needs either an object or a payload')
      }
      if (content.object !== undefined) assertDigest(content.object, algorithm)
      assertPayload(content.payload)
      return TYPE_REGULAR
    case 'symlink':
      if (content.target.length === 0) {
        throw new TreeError('ERR_TREE_BAD_CONTENT', 'a symlink without a target')
      }
      if (content.target.includes(0)) {
        throw new TreeError('ERR_TREE_BAD_CONTENT', 'a symlink target with a NUL in it')
      }
      return TYPE_SYMLINK
    case 'chr':
    case 'blk':
      if (!isInteger(content.rdev, UINT32_MAX)) {
        throw new TreeError('ERR_TREE_BAD_CONTENT', `a device number ${content.rdev}`)
      }
      return content.kind === 'chr' ? TYPE_CHR : TYPE_BLK
    case 'fifo':
      return TYPE_FIFO
    case 'socket':
      return TYPE_SOCKET
  }
}

/** Writes checked content into the columns of a leaf. */
export function storeContent(store: TreeStore, leaf: Inode, content: LeafContent): void {
  const { inodes } = store
  switch (content.kind) {
    case 'inline':
      inodes.content[leaf] = ContentCode.inline
      inodes.size[leaf] = content.data.length
      storeData(store, leaf, content.data)
      return
    case 'sparse':
      inodes.content[leaf] = ContentCode.sparse
      inodes.size[leaf] = content.size
      return
    case 'external':
      inodes.size[leaf] = content.size
      inodes.content[leaf] =
        content.payload === undefined ? ContentCode.external : ContentCode.externalPayload
      storeData(store, leaf, content.digest.bytes, content.payload)
      return
    case 'external-no-verity':
      inodes.size[leaf] = content.size
      inodes.content[leaf] =
        content.payload === undefined ? ContentCode.noVerityObject : ContentCode.noVerityPayload
      storeData(store, leaf, content.object?.bytes, content.payload)
      return
    case 'symlink':
      inodes.content[leaf] = ContentCode.symlink
      inodes.size[leaf] = content.target.length
      storeData(store, leaf, content.target)
      return
    case 'chr':
    case 'blk':
      inodes.content[leaf] = ContentCode.device
      inodes.dataOffset[leaf] = content.rdev
      return
    case 'fifo':
    case 'socket':
      inodes.content[leaf] = ContentCode.none
  }
}

/**
 * Makes the content of a leaf out of its columns; bytes alias the tree.
 *
 * @throws RangeError for a directory
 */
export function readContent(store: TreeStore, leaf: Inode): LeafContent {
  const { algorithm, data, inodes } = store
  const at = inodes.dataOffset[leaf] as number
  const length = inodes.dataLength[leaf] as number
  const size = inodes.size[leaf] as number
  const kind = kindOfMode(inodes.mode[leaf] as number)
  const digest = () => new Digest(algorithm, data.view(at, algorithm.digestSize))
  switch (inodes.content[leaf]) {
    case ContentCode.inline:
      return { kind: 'inline', data: data.view(at, length) }
    case ContentCode.sparse:
      return { kind: 'sparse', size }
    case ContentCode.external:
      return { kind: 'external', digest: digest(), size }
    case ContentCode.externalPayload: {
      const { digestSize } = algorithm
      const payload = data.view(at + digestSize, length - digestSize)
      return { kind: 'external', digest: digest(), size, payload }
    }
    case ContentCode.noVerityObject:
      return { kind: 'external-no-verity', object: digest(), size }
    case ContentCode.noVerityPayload:
      return { kind: 'external-no-verity', size, payload: data.view(at, length) }
    case ContentCode.symlink:
      return { kind: 'symlink', target: data.view(at, length) }
    case ContentCode.device:
      return { kind: kind as 'chr' | 'blk', rdev: at } // no other kind has a device
    case ContentCode.none:
      return { kind: kind as 'fifo' | 'socket' } // no other kind has nothing at all
    default:
      throw new RangeError(`inode ${leaf} is a directory`)
  }
}

function storeData(
  store: TreeStore,
  leaf: Inode,
  first: Uint8Array | undefined,
  second?: Uint8Array,
): void {
  const firstLength = first?.length ?? 0
  const at = store.allocateData(leaf, firstLength + (second?.length ?? 0))
  if (first !== undefined) store.data.bytes.set(first, at)
  if (second !== undefined) store.data.bytes.set(second, at + firstLength)
}

function assertSize(size: number): void {
  if (isInteger(size, SIZE_MAX)) return
  throw new TreeError('ERR_TREE_BAD_CONTENT', `a file of ${size} bytes`, {
    expected: `at most ${SIZE_MAX}`,
    actual: size,
  })
}

function assertDigest(digest: Digest, algorithm: Algorithm): void {
  if (digest.algorithm.name === algorithm.name) return
  throw new TreeError('ERR_TREE_BAD_CONTENT', 'a digest of another algorithm than the tree', {
    expected: algorithm.name,
    actual: digest.algorithm.name,
  })
}

function assertPayload(payload: Uint8Array | undefined): void {
  if (payload === undefined) return
  if (payload.length === 0) throw new TreeError('ERR_TREE_BAD_CONTENT', 'an empty payload')
  if (payload.includes(0)) throw new TreeError('ERR_TREE_BAD_CONTENT', 'a payload with a NUL in it')
}

function assertInteger(what: string, value: number, max: number): void {
  if (isInteger(value, max)) return
  throw new TreeError('ERR_TREE_BAD_METADATA', `a ${what} of ${value}`, { actual: value })
}

function isInteger(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}
