import type { RawDecoder } from '@composefs/repository'
import type { Output } from './output.ts'
import type { PushDecoder } from './push-decoder.ts'

/**
 * Decompresses gzip members one behind the other. Where a zero follows a member no other one does: that is how
 * `node:zlib` sees it, whose stream this stands for.
 */
export class GzipMembers implements PushDecoder {
  readonly #raw: RawDecoder
  readonly #output: Output
  readonly #explain: (error: Error) => Error
  #bytesRead = 0
  #hasEnded = false
  /** A member has ended, and nothing is known of what follows. */
  #isBetween = false

  /** `explain` turns an error of zlib into the one to throw. */
  constructor(raw: RawDecoder, output: Output, explain: (error: Error) => Error) {
    this.#raw = raw
    this.#output = output
    this.#explain = explain
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  *decode(input: Uint8Array): Generator<void, void, undefined> {
    let at = 0
    do {
      if (this.#output.isFull) yield
      const read = this.#decode(input.subarray(at))
      at += read
      this.#bytesRead += read
      // Where the output is full, zlib may hold more of it.
    } while (this.#output.isFull && !this.#hasEnded)
    if (at < input.length && !this.#hasEnded) throw new Error('zlib takes no input')
  }

  finish(): Iterable<void> {
    if (this.#isBetween || this.#hasEnded) return []
    const error = new Error('unexpected end of file')
    throw this.#explain(Object.assign(error, { code: 'Z_BUF_ERROR', errno: -5 }))
  }

  close(): void {
    this.#raw.close()
  }

  /** Decompresses until the output is full, the input used up, or the end found; returns how many bytes it took. */
  #decode(input: Uint8Array): number {
    let at = 0
    for (;;) {
      if (this.#isBetween) {
        if (at === input.length) return at
        this.#hasEnded = input[at] === 0
        if (this.#hasEnded) return at
        this.#raw.reset()
        this.#isBetween = false
      }
      const { read, written, isEnd } = this.#step(input.subarray(at))
      at += read
      this.#output.advance(written)
      if (!isEnd) return at
      this.#isBetween = true
    }
  }

  #step(input: Uint8Array): ReturnType<RawDecoder['step']> {
    try {
      return this.#raw.step(input, this.#output.room)
    } catch (error) {
      throw error instanceof Error ? this.#explain(error) : error
    }
  }
}
