import type { Transform } from 'node:stream'
import type { Output } from './output.ts'
import type { PushDecoder } from './push-decoder.ts'

/** A decompressor of `node:zlib`. */
export type ZlibStream = Transform & {
  /** Bytes of input that were used up. */
  readonly bytesWritten: number
}

/**
 * A stream of `node:zlib` that is pulled: it never works further ahead than one chunk of output, nothing goes on after
 * it is closed, and its input and output stay in step, so that the caller knows what became of each piece of input.
 */
export class StreamDecoder implements PushDecoder {
  readonly #stream: ZlibStream
  readonly #output: Output
  readonly #explain: (error: Error) => Error
  #error: Error | undefined
  #hasEnded = false
  #pushed = 0
  #wake: () => void = () => {}

  /** `explain` turns an error of the stream into the one to throw. */
  constructor(stream: ZlibStream, output: Output, explain: (error: Error) => Error) {
    this.#stream = stream
    this.#output = output
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

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get bytesRead(): number {
    return this.#stream.bytesWritten
  }

  async *decode(input: Uint8Array): AsyncGenerator<void, void, undefined> {
    this.#pushed += input.length
    let isUsedUp = false
    this.#stream.write(input, () => {
      isUsedUp = true
      this.#wake()
    })
    yield* this.#fill(() => isUsedUp)
    // The event of the end may come later than the word that the input is dealt with.
    if (this.bytesRead < this.#pushed) this.#hasEnded = true
  }

  async *finish(): AsyncGenerator<void, void, undefined> {
    this.#stream.end()
    yield* this.#fill(() => false)
  }

  close(): void {
    this.#stream.destroy()
  }

  async *#fill(isDone: () => boolean): AsyncGenerator<void, void, undefined> {
    for (;;) {
      const woken = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      const chunk = this.#stream.read() as Uint8Array | null
      if (this.#error !== undefined) throw this.#explain(this.#error)
      if (chunk !== null) {
        yield* this.#output.put(chunk)
        continue
      }
      if (isDone() || this.#hasEnded || this.#stream.destroyed) return
      await woken
    }
  }
}
