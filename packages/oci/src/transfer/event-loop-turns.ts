import { setImmediate } from 'node:timers/promises'

/** Longest time without a look at sockets, timers and signals, in ms. */
const TURN_EVERY = 20

/**
 * Gives the event loop its turn during work that never waits for anything: while data is at hand, a loop over it goes
 * on and on, and sockets run dry, timers fire late, and Ctrl-C seems dead.
 */
export class EventLoopTurns {
  #last = performance.now()

  /** Something to wait for when it is time; else undefined, which costs next to nothing. */
  due(): Promise<void> | undefined {
    return performance.now() - this.#last < TURN_EVERY ? undefined : this.take()
  }

  /** Waits until everything that is pending had its turn. */
  async take(): Promise<void> {
    await setImmediate()
    this.#last = performance.now()
  }
}
