import { type Algorithm, LOG_BLOCK_SIZE } from './algorithm.ts'
import { Descriptor, encodeDescriptor } from './descriptor.ts'
import { assertBlockSize, type FsverityOptions } from './fsverity.ts'
import type { BlockHasher } from './hashing.ts'
import { leafSizeOf } from './leaves.ts'
import { nobleHashing } from './noble.ts'

/** fs-verity digests of many contents, one after the other, with nothing allocated for each. */
export interface Digester {
  readonly algorithm: Algorithm
  /** Most bytes of a leaf. */
  readonly leafSize: number
  /** Writes the fs-verity digest of `data` to the start of `out`. */
  digest(data: Uint8Array, out: Uint8Array): void
  /**
   * Writes the hash of the level-1 block over `data` to the start of `out`: what `FsverityOfLeaves` puts together. `data`
   * is 1 to `leafSize` bytes that begin at a multiple of `leafSize` in their file.
   *
   * @throws RangeError for data that is no leaf
   */
  leaf(data: Uint8Array, out: Uint8Array): void
}

/**
 * Makes a digester. It keeps as much memory as the hashes of the largest content take, a 64th of its bytes.
 *
 * @throws RangeError for a block size that fs-verity has not
 *
 * @example
 * const digester = createDigester({ algorithm: SHA512, hashing: nodeHashing })
 * for (const content of contents) digester.digest(content, out)
 */
export function createDigester(options: FsverityOptions): Digester {
  const { algorithm, blockSize = 1 << LOG_BLOCK_SIZE, hashing = nobleHashing } = options
  assertBlockSize(blockSize)
  return new ReusedDigester(hashing.blocks(algorithm), blockSize)
}

class ReusedDigester implements Digester {
  readonly algorithm: Algorithm
  readonly leafSize: number
  readonly #hasher: BlockHasher
  readonly #blockSize: number
  readonly #descriptor: Uint8Array
  readonly #descriptorView: DataView
  /** The root hash in the descriptor. */
  readonly #root: Uint8Array
  /** The hashes of one level and of the one above it. */
  readonly #odd: Hashes
  readonly #even: Hashes

  constructor(hasher: BlockHasher, blockSize: number) {
    const { algorithm } = hasher
    this.algorithm = algorithm
    this.leafSize = leafSizeOf(algorithm, blockSize)
    this.#hasher = hasher
    this.#blockSize = blockSize
    const rootHash = new Uint8Array(algorithm.digestSize)
    this.#descriptor = encodeDescriptor(algorithm, { blockSize, size: 0, rootHash })
    this.#descriptorView = new DataView(this.#descriptor.buffer)
    const rootAt = Descriptor.offsets.rootHash
    this.#root = this.#descriptor.subarray(rootAt, rootAt + algorithm.digestSize)
    this.#odd = new Hashes(algorithm.digestSize)
    this.#even = new Hashes(algorithm.digestSize)
  }

  digest(data: Uint8Array, out: Uint8Array): void {
    const size = data.length
    this.#hashRoot(data)
    const sizeAt = Descriptor.offsets.dataSize
    this.#descriptorView.setUint32(sizeAt, size >>> 0, true)
    this.#descriptorView.setUint32(sizeAt + 4, Math.floor(size / 2 ** 32), true)
    this.#hasher.hashBlocks(this.#descriptor, Descriptor.size, out)
  }

  leaf(data: Uint8Array, out: Uint8Array): void {
    if (data.length < 1 || data.length > this.leafSize) {
      throw new RangeError(`a leaf of ${data.length} bytes`)
    }
    const hashes = this.#odd.room(Math.ceil(data.length / this.#blockSize))
    this.#hasher.hashBlocks(data, this.#blockSize, hashes)
    this.#hasher.hashBlocks(hashes, this.#blockSize, out)
  }

  #hashRoot(data: Uint8Array): void {
    if (data.length === 0) this.#root.fill(0)
    let level = data
    let above = this.#odd
    while (level.length > this.#blockSize) {
      const count = Math.ceil(level.length / this.#blockSize)
      const hashes = above.room(count)
      this.#hasher.hashBlocks(level, this.#blockSize, hashes)
      level = hashes
      above = above === this.#odd ? this.#even : this.#odd
    }
    if (level.length > 0) this.#hasher.hashBlocks(level, this.#blockSize, this.#root)
  }
}

/** Most hashes of which a view is kept: those of a content of 1 MiB. */
const VIEWS_MAX = 256

/** Room for the hashes of one level, used again and again. */
class Hashes {
  readonly #digestSize: number
  #bytes = new Uint8Array(4096)
  #views: Uint8Array[] = []

  constructor(digestSize: number) {
    this.#digestSize = digestSize
  }

  /** Room for exactly `count` hashes. */
  room(count: number): Uint8Array {
    const view = this.#views[count]
    if (view !== undefined) return view
    const size = count * this.#digestSize
    if (size > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * size)
      this.#views = []
    }
    const made = this.#bytes.subarray(0, size)
    if (count <= VIEWS_MAX) this.#views[count] = made
    return made
  }
}
