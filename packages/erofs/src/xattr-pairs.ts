import { ByteArena } from '@composefs/bytes'
import { ErofsError } from './errors.ts'
import type { ErofsVersion } from './format.ts'
import { hashSeed } from './hash-seed.ts'
import { encodeXattrEntry, entryIndex, entrySuffix } from './xattr-entry.ts'
import { filterBit } from './xattr-name.ts'
import { xxh32 } from './xxh32.ts'

/** Number of a (name, value) in its table. 0 is no pair. */
export type Pair = number

const FIRST_CAPACITY = 64

/** The distinct xattrs of an image, each encoded once as an entry. */
export class PairTable {
  /** Numbers given out. */
  count = 1
  /** How many inodes have it; later, where it is in the shared table (see ImageXattrs). */
  uses = new Uint32Array(FIRST_CAPACITY)
  /** Bytes of the entry. */
  size = new Uint32Array(FIRST_CAPACITY)
  /** Number of the filter bit that the name clears. */
  filterBit = new Uint8Array(FIRST_CAPACITY)
  #offset = new Uint32Array(FIRST_CAPACITY)
  #hash = new Uint32Array(FIRST_CAPACITY)
  #slots = new Uint32Array(2 * FIRST_CAPACITY)
  readonly #arena = new ByteArena()
  readonly #version: ErofsVersion

  constructor(version: ErofsVersion) {
    this.#version = version
  }

  /** The pair of a name, as it stands in the image, and a value. */
  intern(name: Uint8Array, value: Uint8Array): Pair {
    const entry = encodeXattrEntry(name, value, this.#version)
    if (this.count === this.size.length) this.#grow()
    const hash = xxh32(entry, hashSeed())
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let pair = this.#slots[slot] as number; pair !== 0; pair = this.#slots[slot] as number) {
      if (this.#hash[pair] === hash && this.#equals(pair, entry)) return pair
      slot = (slot + 1) & mask
    }
    const pair = this.count++
    this.#slots[slot] = pair
    this.#hash[pair] = hash
    this.#offset[pair] = this.#store(entry)
    this.size[pair] = entry.length
    this.filterBit[pair] = filterBit(entryIndex(entry), entrySuffix(entry))
    return pair
  }

  /** The encoded entry. It aliases the table and is valid until the next `intern`. */
  entry(pair: Pair): Uint8Array {
    return this.#arena.view(this.#offset[pair] as number, this.size[pair] as number)
  }

  /** Copies the encoded entry out and returns its size. */
  copyEntry(pair: Pair, out: Uint8Array, at: number): number {
    const size = this.size[pair] as number
    const offset = this.#offset[pair] as number
    const bytes = this.#arena.bytes
    for (let i = 0; i < size; i++) out[at + i] = bytes[offset + i] as number
    return size
  }

  #store(entry: Uint8Array): number {
    try {
      return this.#arena.append(entry)
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause
      throw new ErofsError('ERR_EROFS_TOO_LARGE', 'more than 4 GiB of xattrs', {}, { cause })
    }
  }

  #equals(pair: Pair, entry: Uint8Array): boolean {
    if (this.size[pair] !== entry.length) return false
    const offset = this.#offset[pair] as number
    const bytes = this.#arena.bytes
    for (let i = 0; i < entry.length; i++) if (bytes[offset + i] !== entry[i]) return false
    return true
  }

  #grow(): void {
    const capacity = this.size.length * 2
    this.uses = resized(this.uses, capacity)
    this.size = resized(this.size, capacity)
    this.#offset = resized(this.#offset, capacity)
    this.#hash = resized(this.#hash, capacity)
    const bits = new Uint8Array(capacity)
    bits.set(this.filterBit)
    this.filterBit = bits
    this.#slots = new Uint32Array(2 * capacity)
    const mask = this.#slots.length - 1
    for (let pair = 1; pair < this.count; pair++) {
      let slot = (this.#hash[pair] as number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = pair
    }
  }
}

/** A longer copy of a column. */
export function resized(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length)
  longer.set(column)
  return longer
}
