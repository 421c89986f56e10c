import type { Algorithm } from './algorithm.ts'

/** Digests of one page: pages are added as the set grows, so that nothing is copied. */
const PAGE_DIGESTS = 1 << 10
const TABLE_MIN = 1 << 6
const EMPTY = -1
const DIGEST_SIZE_MAX = 64

/**
 * Digests, each once, packed: about 42 bytes for one of SHA-256 and 74 for one of SHA-512, whatever their number.
 * Each has an index, counted from 0 in the order in which they were added.
 */
export class DigestSet {
  readonly #digestSize: number
  readonly #pages: Uint8Array[] = []
  #size = 0
  /** Index of the digest in each place, or EMPTY. At most two thirds are taken. */
  #table = new Int32Array(TABLE_MIN).fill(EMPTY)

  constructor(algorithm: Algorithm) {
    this.#digestSize = algorithm.digestSize
  }

  /** Digests in the set. */
  get size(): number {
    return this.#size
  }

  /** Copies a digest in; false when it was there. */
  add(digest: Uint8Array): boolean {
    const before = this.#size
    return this.intern(digest) === before
  }

  /** Copies a digest in unless it is there, and returns its index. */
  intern(digest: Uint8Array): number {
    const place = this.#place(digest)
    const known = this.#table[place] as number
    if (known !== EMPTY) return known
    const index = this.#size
    this.#table[place] = index
    this.#append(digest)
    if (3 * this.#size > 2 * this.#table.length) this.#grow()
    return index
  }

  /** Whether a digest of these bytes is in the set. */
  has(digest: Uint8Array): boolean {
    return this.#table[this.#place(digest)] !== EMPTY
  }

  /** The index of a digest, -1 when it is not there. */
  indexOf(digest: Uint8Array): number {
    return this.#table[this.#place(digest)] as number
  }

  /** The digest at an index below `size`. It aliases the set, which never changes it. */
  at(index: number): Uint8Array {
    const start = (index % PAGE_DIGESTS) * this.#digestSize
    return this.#page(index).subarray(start, start + this.#digestSize)
  }

  /** Copies all digests, by their indexes, into `target` from `offset` on. */
  copyTo(target: Uint8Array, offset: number): void {
    let rest = this.#size * this.#digestSize
    let at = offset
    for (const page of this.#pages) {
      const part = page.subarray(0, rest)
      target.set(part, at)
      at += part.length
      rest -= part.length
    }
  }

  /** Yields the digests by their indexes. They alias the set. */
  *[Symbol.iterator](): Generator<Uint8Array> {
    for (let index = 0; index < this.#size; index++) yield this.at(index)
  }

  #append(digest: Uint8Array): void {
    const at = this.#size % PAGE_DIGESTS
    if (at === 0) this.#pages.push(new Uint8Array(PAGE_DIGESTS * this.#digestSize))
    this.#page(this.#size).set(digest, at * this.#digestSize)
    this.#size++
  }

  /** The place of the digest, or the free one where it would be. */
  #place(digest: Uint8Array): number {
    if (digest.length !== this.#digestSize) {
      throw new RangeError(`a digest of ${digest.length} bytes among those of ${this.#digestSize}`)
    }
    const mask = this.#table.length - 1
    let place = hash(digest, 0, digest.length) & mask
    for (;;) {
      const index = this.#table[place] as number
      if (index === EMPTY || this.#isAt(index, digest)) return place
      place = (place + 1) & mask
    }
  }

  #isAt(index: number, digest: Uint8Array): boolean {
    const page = this.#page(index)
    const start = (index % PAGE_DIGESTS) * this.#digestSize
    for (let i = 0; i < digest.length; i++) if (page[start + i] !== digest[i]) return false
    return true
  }

  #grow(): void {
    const size = this.#digestSize
    const table = new Int32Array(2 * this.#table.length).fill(EMPTY)
    const mask = table.length - 1
    for (let index = 0; index < this.#size; index++) {
      const start = (index % PAGE_DIGESTS) * size
      let place = hash(this.#page(index), start, start + size) & mask
      while (table[place] !== EMPTY) place = (place + 1) & mask
      table[place] = index
    }
    this.#table = table
  }

  #page(index: number): Uint8Array {
    return this.#pages[Math.floor(index / PAGE_DIGESTS)] as Uint8Array
  }
}

let random: Uint32Array | undefined

/**
 * Tabulation hashing: a random number for each value of each byte. Images and streams may name any digests they like,
 * so whoever makes them must not be able to tell which fall into one place.
 */
function hash(bytes: Uint8Array, start: number, end: number): number {
  random ??= crypto.getRandomValues(new Uint32Array(DIGEST_SIZE_MAX * 256))
  let sum = 0
  for (let i = start, row = 0; i < end; i++, row += 256) {
    sum ^= random[row + (bytes[i] as number)] as number
  }
  return sum
}
