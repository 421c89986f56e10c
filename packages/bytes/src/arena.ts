/** Most bytes one arena may hold: offsets are 32-bit. */
const ARENA_MAX = 0xffff_ffff

/**
 * Many byte strings in one growing buffer, named by offset and length: no object per string.
 *
 * @example
 * const arena = new ByteArena()
 * const at = arena.append(encodeUtf8('usr'))
 * arena.view(at, 3)
 */
export class ByteArena {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** The buffer behind the arena. Valid until the next append; only `length` bytes are in use. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Bytes in use. */
  get length(): number {
    return this.#length
  }

  /**
   * Copies `data` in and returns its offset.
   *
   * @throws RangeError beyond 4 GiB
   */
  append(data: Uint8Array): number {
    const at = this.#length
    this.#reserve(data.length)
    this.#bytes.set(data, at)
    this.#length = at + data.length
    return at
  }

  /**
   * Takes `length` bytes for the caller to fill in through `bytes`, and returns their offset.
   *
   * @throws RangeError beyond 4 GiB
   */
  allocate(length: number): number {
    const at = this.#length
    this.#reserve(length)
    this.#length = at + length
    return at
  }

  /** A view of `length` bytes at `offset`. It aliases the arena and is valid until the next append. */
  view(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length)
  }

  /** A copy of `length` bytes at `offset`. */
  copy(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length)
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra
    if (needed <= this.#bytes.length) return
    if (needed > ARENA_MAX) throw new RangeError(`an arena of ${needed} bytes`)
    const grown = new Uint8Array(Math.min(ARENA_MAX, Math.max(needed, this.#bytes.length * 2)))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
