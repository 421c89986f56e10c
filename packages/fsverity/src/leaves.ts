import { type Algorithm, LOG_BLOCK_SIZE } from './algorithm.ts'
import type { Digest } from './digest.ts'
import { assertBlockSize, type FsverityOptions, finish } from './fsverity.ts'
import { MerkleTree } from './merkle.ts'
import { nobleHashing } from './noble.ts'

/**
 * An fs-verity digest of content that others hash, in pieces of `leafSize` bytes: each piece comes down to one hash, see
 * `Digester.leaf`. Its memory does not depend on their number.
 */
export interface FsverityOfLeaves {
  /** Bytes of a piece. Only the last one may be shorter. */
  readonly leafSize: number
  /** Bytes added so far. */
  readonly size: number
  /**
   * Adds the next piece of `size` bytes.
   *
   * @throws RangeError for a size that no piece has at this place
   */
  addLeaf(hash: Uint8Array, size: number): void
  /**
   * The digest of all pieces added. The object cannot be used afterwards.
   *
   * @throws RangeError for content of one block or none: it has no level 1, and the digest does not follow from a leaf
   */
  digest(): Digest
}

/**
 * Bytes of content under one full block of level-1 hashes: 512 KiB with sha256, 256 KiB with sha512 and blocks of 4096.
 */
export function leafSizeOf(algorithm: Algorithm, blockSize: number = 1 << LOG_BLOCK_SIZE): number {
  return (blockSize / algorithm.digestSize) * blockSize
}

/**
 * Starts an fs-verity digest from the hashes of leaves.
 *
 * @throws RangeError for a block size that fs-verity has not
 *
 * @example
 * const digester = createDigester({ algorithm: SHA512 })
 * const whole = createFsverityOfLeaves({ algorithm: SHA512 })
 * digester.leaf(piece, hash)
 * whole.addLeaf(hash, piece.length)
 */
export function createFsverityOfLeaves(options: FsverityOptions): FsverityOfLeaves {
  const { algorithm, blockSize = 1 << LOG_BLOCK_SIZE, hashing = nobleHashing } = options
  assertBlockSize(blockSize)
  const hasher = hashing.blocks(algorithm)
  const tree = new MerkleTree(hasher, blockSize)
  const leafSize = leafSizeOf(algorithm, blockSize)
  return {
    leafSize,
    get size() {
      return tree.size
    },
    addLeaf(hash, size) {
      const isShortBefore = tree.size % leafSize !== 0
      if (isShortBefore || size < 1 || size > leafSize || hash.length !== algorithm.digestSize) {
        throw new RangeError(`a leaf of ${size} bytes and a hash of ${hash.length} at ${tree.size}`)
      }
      tree.addLeaf(hash, size)
    },
    digest() {
      if (tree.size <= blockSize) throw new RangeError(`a tree of leaves over ${tree.size} bytes`)
      return finish(hasher, { blockSize, size: tree.size, rootHash: tree.root() })
    },
  }
}
