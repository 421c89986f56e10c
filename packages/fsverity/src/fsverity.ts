import { type Algorithm, LOG_BLOCK_SIZE } from './algorithm.ts'
import { type DescribedFile, encodeDescriptor } from './descriptor.ts'
import { Digest } from './digest.ts'
import type { BlockHasher, Hashing } from './hashing.ts'
import { MerkleTree, rootHash } from './merkle.ts'
import { nobleHashing } from './noble.ts'

/** Smallest and largest block sizes of the kernel's fs-verity, in bytes. */
const BLOCK_SIZE_MIN = 1024
const BLOCK_SIZE_MAX = 65536

/** How to compute a digest. */
export interface FsverityOptions {
  readonly algorithm: Algorithm
  /** Bytes of a Merkle tree block: a power of two, 1024 to 65536. Default 4096, what composefs uses. */
  readonly blockSize?: number
  /** Who hashes. Default: the portable hash. */
  readonly hashing?: Hashing
}

/** An fs-verity digest of bytes that arrive in pieces; its memory does not depend on their number. */
export interface Fsverity {
  /** Bytes added so far. */
  readonly size: number
  /** Adds the next bytes, which are not kept. */
  update(data: Uint8Array): this
  /** The digest of all bytes added. The object cannot be used afterwards. */
  digest(): Digest
}

/**
 * Starts an incremental fs-verity digest.
 *
 * Source: Documentation/filesystems/fsverity.rst, "fs-verity descriptor" and "Merkle tree".
 *
 * @throws RangeError for a block size that fs-verity has not
 *
 * @example
 * createFsverity({ algorithm: SHA256 }).update(part1).update(part2).digest().hex
 */
export function createFsverity(options: FsverityOptions): Fsverity {
  const { algorithm, blockSize = 1 << LOG_BLOCK_SIZE, hashing = nobleHashing } = options
  assertBlockSize(blockSize)
  const hasher = hashing.blocks(algorithm)
  const tree = new MerkleTree(hasher, blockSize)
  return {
    get size() {
      return tree.size
    },
    update(data) {
      tree.update(data)
      return this
    },
    digest: () => finish(hasher, { blockSize, size: tree.size, rootHash: tree.root() }),
  }
}

/**
 * The fs-verity digest of `data`.
 *
 * @throws RangeError for a block size that fs-verity has not
 *
 * @example
 * fsverityDigest(new Uint8Array(4096), { algorithm: SHA256 }).hex
 */
export function fsverityDigest(data: Uint8Array, options: FsverityOptions): Digest {
  const { algorithm, blockSize = 1 << LOG_BLOCK_SIZE, hashing = nobleHashing } = options
  assertBlockSize(blockSize)
  const hasher = hashing.blocks(algorithm)
  return finish(hasher, {
    blockSize,
    size: data.length,
    rootHash: rootHash(hasher, blockSize, data),
  })
}

/** For this package: the digest of a file whose root hash is known. */
export function finish(hasher: BlockHasher, file: DescribedFile): Digest {
  const descriptor = encodeDescriptor(hasher.algorithm, file)
  return new Digest(hasher.algorithm, new Uint8Array(hasher.hash(descriptor)))
}

/** For this package. @throws RangeError */
export function assertBlockSize(blockSize: number): void {
  const isPowerOfTwo = Number.isInteger(blockSize) && (blockSize & (blockSize - 1)) === 0
  if (!isPowerOfTwo || blockSize < BLOCK_SIZE_MIN || blockSize > BLOCK_SIZE_MAX) {
    throw new RangeError(`fs-verity block size ${blockSize}: not a power of two from 1024 to 65536`)
  }
}
