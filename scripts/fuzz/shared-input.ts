import { INPUT_MAX } from './target.ts'

const NUMBER = 0
const LENGTH = 1
const STARTED = 2
const HEAD_SIZE = 16

/**
 * The input that a worker is busy with, in memory that the watcher sees too: of a worker that hangs or dies nothing
 * else can be asked.
 */
export class SharedInput {
  readonly memory: SharedArrayBuffer
  readonly #head: Int32Array
  readonly #bytes: Uint8Array

  constructor(memory = new SharedArrayBuffer(HEAD_SIZE + INPUT_MAX)) {
    this.memory = memory
    this.#head = new Int32Array(memory, 0, HEAD_SIZE / 4)
    this.#bytes = new Uint8Array(memory, HEAD_SIZE)
  }

  /** Says that work on an input begins. */
  begin(number: number, input: Uint8Array): void {
    this.#bytes.set(input)
    this.#head[LENGTH] = input.length
    Atomics.store(this.#head, STARTED, 1)
    Atomics.store(this.#head, NUMBER, number)
  }

  end(): void {
    Atomics.store(this.#head, STARTED, 0)
  }

  /** Number of the input, for as long as there is work on it. */
  get current(): number | undefined {
    const isBusy = Atomics.load(this.#head, STARTED) === 1
    return isBusy ? Atomics.load(this.#head, NUMBER) : undefined
  }

  /** Copy of the input. */
  read(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#head[LENGTH]))
  }
}
