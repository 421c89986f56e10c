import type { BlockHasher } from './hashing.ts'

/** Root hash of the fs-verity Merkle tree over `data`, level by level: all zeros when there is no data. */
export function rootHash(hasher: BlockHasher, blockSize: number, data: Uint8Array): Uint8Array {
  const { digestSize } = hasher.algorithm
  if (data.length === 0) return new Uint8Array(digestSize)
  let level = data
  for (;;) {
    const hashes = new Uint8Array(Math.ceil(level.length / blockSize) * digestSize)
    hasher.hashBlocks(level, blockSize, hashes)
    if (hashes.length === digestSize) return hashes
    level = hashes
  }
}

/**
 * Root hash of an fs-verity Merkle tree over bytes that arrive in pieces.
 *
 * Each level keeps one block only, so the state is a few blocks whatever the size of the file.
 */
export class MerkleTree {
  readonly #hasher: BlockHasher
  readonly #blockSize: number
  /** Level 0 gathers data bytes until a block is full; level n gathers hashes of blocks of level n-1. */
  readonly #levels: Level[]
  readonly #hashes: Uint8Array
  #size = 0

  constructor(hasher: BlockHasher, blockSize: number) {
    this.#hasher = hasher
    this.#blockSize = blockSize
    this.#levels = [newLevel(blockSize)]
    // As many block hashes as fill one block of the level above.
    this.#hashes = new Uint8Array(blockSize)
  }

  /** Bytes added so far. */
  get size(): number {
    return this.#size
  }

  /** Adds the next bytes of the file. */
  update(data: Uint8Array): void {
    this.#size += data.length
    const blockSize = this.#blockSize
    const level = this.#levels[0] as Level
    let rest = data
    if (level.filled > 0 || rest.length < blockSize) {
      const taken = Math.min(rest.length, blockSize - level.filled)
      level.block.set(rest.subarray(0, taken), level.filled)
      level.filled += taken
      rest = rest.subarray(taken)
      if (level.filled < blockSize) return
      this.#hashInto(level.block)
      level.filled = 0
    }
    // Whole blocks are hashed where they lie, as many at once as one block of hashes holds.
    const batch = this.#hashesPerBlock * blockSize
    const whole = rest.length - (rest.length % blockSize)
    for (let at = 0; at < whole; at += batch)
      this.#hashInto(rest.subarray(at, Math.min(at + batch, whole)))
    level.block.set(rest.subarray(whole))
    level.filled = rest.length - whole
  }

  /**
   * Adds the next bytes of the file as the hash of the level-1 block over them: so many bytes that the block is full, or
   * fewer at the end of the file. Bytes that are added so come after no others.
   */
  addLeaf(hash: Uint8Array, size: number): void {
    this.#size += size
    if (this.#levels.length === 1) this.#levels.push(newLevel(this.#blockSize))
    this.#append(2, hash)
  }

  /** The root hash. No more bytes can be added. */
  root(): Uint8Array {
    const digestSize = this.#hasher.algorithm.digestSize
    if (this.#size === 0) return new Uint8Array(digestSize)
    const bottom = this.#levels[0] as Level
    if (bottom.filled > 0) {
      this.#hashInto(bottom.block.subarray(0, bottom.filled))
      bottom.filled = 0
    }
    for (let n = 1; ; n++) {
      const level = this.#levels[n] as Level
      const isTop = this.#levels[n + 1] === undefined
      if (isTop && level.filled === digestSize) return level.block.slice(0, digestSize)
      if (level.filled > 0) this.#closeLevel(n)
    }
  }

  get #hashesPerBlock(): number {
    return this.#blockSize / this.#hasher.algorithm.digestSize
  }

  #hashInto(blocks: Uint8Array): void {
    const digestSize = this.#hasher.algorithm.digestSize
    const count = Math.ceil(blocks.length / this.#blockSize)
    this.#hasher.hashBlocks(blocks, this.#blockSize, this.#hashes)
    for (let i = 0; i < count; i++) {
      this.#append(1, this.#hashes.subarray(i * digestSize, (i + 1) * digestSize))
    }
  }

  #append(n: number, hash: Uint8Array): void {
    if (n === this.#levels.length) this.#levels.push(newLevel(this.#blockSize))
    const level = this.#levels[n] as Level
    // A full block is hashed only when one more hash comes: a single block may turn out to be the top.
    if (level.filled === this.#blockSize) {
      const saved = hash.slice()
      this.#closeLevel(n)
      level.block.set(saved, 0)
      level.filled = saved.length
      return
    }
    level.block.set(hash, level.filled)
    level.filled += hash.length
  }

  #closeLevel(n: number): void {
    const level = this.#levels[n] as Level
    const digest = new Uint8Array(this.#hasher.algorithm.digestSize)
    this.#hasher.hashBlocks(level.block.subarray(0, level.filled), this.#blockSize, digest)
    level.filled = 0
    this.#append(n + 1, digest)
  }
}

interface Level {
  readonly block: Uint8Array
  filled: number
}

function newLevel(blockSize: number): Level {
  return { block: new Uint8Array(blockSize), filled: 0 }
}
