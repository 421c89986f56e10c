import type { Transform } from 'node:stream'

/** Most bytes of output at once. The default of node:zlib, 16 KiB, halves the speed of inflate. */
export const OUTPUT_CHUNK_SIZE: number = 1 << 20

/** A decompressor of `node:zlib`. */
export type ZlibStream = Transform & {
  /** Bytes of input that were used up. */
  readonly bytesWritten: number
}

/**
 * A stream of `node:zlib` that is pulled: it never works further ahead than one chunk of output, nothing goes on after
 * it is closed, and its input and output stay in step, so that the caller knows what became of each piece of input.
 */
export class StreamDecoder {
  readonly #stream: ZlibStream
  readonly #explain: (error: Error) => Error
  #error: Error | undefined
  #hasEnded = false
  #wake: () => void = () => {}

  /** `explain` turns an error of the stream into the one to throw. */
  constructor(stream: ZlibStream, explain: (error: Error) => Error) {
    this.#stream = stream
    this.#explain = explain
    const wake = () => this.#wake()
    stream.on('readable', wake)
    stream.once('close', wake)
    stream.once('end', () => {
      this.#hasEnded = true
      wake()
    })
    stream.once('error', error => {
      this.#error = error
      wake()
    })
  }

  /** True when the stream found its end and takes no more. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Bytes of input that were used up. */
  get bytesRead(): number {
    return this.#stream.bytesWritten
  }

  /** Yields what `input` decompresses to: all of it, unless the stream finds its end before. */
  async *decode(input: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    let isUsedUp = false
    this.#stream.write(input, () => {
      isUsedUp = true
      this.#wake()
    })
    yield* this.#output(() => isUsedUp)
  }

  /** Says that there is no more input, and yields what is left. */
  async *finish(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#stream.end()
    yield* this.#output(() => false)
  }

  /** Frees the stream. Pieces that were yielded stay valid. */
  close(): void {
    this.#stream.destroy()
  }

  async *#output(isDone: () => boolean): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const woken = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      const chunk = this.#stream.read() as Uint8Array | null
      if (this.#error !== undefined) throw this.#explain(this.#error)
      if (chunk !== null) {
        yield chunk
        continue
      }
      if (isDone() || this.#hasEnded || this.#stream.destroyed) return
      await woken
    }
  }
}
