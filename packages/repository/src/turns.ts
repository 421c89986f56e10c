/** Longest time that nothing else in this thread gets a turn, in ms. */
const TURN = 50

/** Lets others in between steps of long work: whoever wants to stop it, and who tells how it gets on. */
export class Turns {
  readonly #signal: AbortSignal | undefined
  #end = performance.now() + TURN

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  /** True when it is time for `give`: asking costs little. */
  get isOver(): boolean {
    return performance.now() > this.#end
  }

  /** Lets others have their turn, and throws what the signal has been aborted with. */
  async give(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.#signal?.throwIfAborted()
    this.#end = performance.now() + TURN
  }
}
