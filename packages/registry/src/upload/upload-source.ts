/** Bytes that are sent at once. */
const PIECE_MAX = 64 << 10

/**
 * What is uploaded: read in order, and from the start again where a try has failed.
 *
 * A try that was cut off may still wait for the next chunk, so what it was reading from is never used again.
 */
export class UploadSource {
  readonly #open: () => AsyncIterable<Uint8Array>
  readonly #size: number
  #iterator: AsyncIterator<Uint8Array> | undefined
  /** Of the iterator, behind what was given out. */
  #position = 0
  /** What came and was not given out yet. */
  #rest: Uint8Array | undefined
  /** False while a try reads, and after one that did not read all it wanted. */
  #isAtRest = true

  /** @param size bytes that there are to be */
  constructor(open: () => AsyncIterable<Uint8Array>, size: number) {
    this.#open = open
    this.#size = size
  }

  /**
   * Yields the `length` bytes from `start` on, in pieces that a slow network takes before it seems to stand still.
   *
   * @throws RangeError for a source of another size; whatever the source throws
   */
  async *read(start: number, length: number): AsyncGenerator<Uint8Array> {
    if (!this.#isAtRest || start < this.#position) this.close()
    this.#iterator ??= this.#open()[Symbol.asyncIterator]()
    const iterator = this.#iterator
    this.#isAtRest = false
    let [skip, missing] = [start - this.#position, length]
    while (missing > 0) {
      const chunk = await this.#next(iterator)
      // Another try has begun; this one is over, whoever still waits for it.
      if (iterator !== this.#iterator) return
      if (chunk === undefined) {
        throw new RangeError(`a source of ${this.#position} bytes, not ${this.#size}`)
      }
      if (this.#position + chunk.byteLength > this.#size) {
        throw new RangeError(`a source of more than ${this.#size} bytes`)
      }
      const from = Math.min(skip, chunk.byteLength)
      const to = Math.min(from + missing, chunk.byteLength)
      skip -= from
      missing -= to - from
      this.#position += to
      this.#rest = to < chunk.byteLength ? chunk.subarray(to) : undefined
      for (let at = from; at < to; at += PIECE_MAX) {
        yield chunk.subarray(at, Math.min(at + PIECE_MAX, to))
        if (iterator !== this.#iterator) return
      }
    }
    this.#isAtRest = true
  }

  /** Closes what is read from; the next read begins at the start. */
  close(): void {
    const iterator = this.#iterator
    this.#iterator = undefined
    this.#position = 0
    this.#rest = undefined
    this.#isAtRest = true
    // It may wait for a chunk; what it says then is of no interest.
    iterator?.return?.().then(undefined, () => {})
  }

  async #next(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    const rest = this.#rest
    if (rest !== undefined) return rest
    const next = await iterator.next()
    return next.done ? undefined : next.value
  }
}
