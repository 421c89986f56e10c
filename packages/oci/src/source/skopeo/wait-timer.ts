/**
 * Calls back when a wait has lasted for too long. One timer serves any number of waits; between them it means nothing,
 * so that a slow reader is no slow sender.
 */
export class WaitTimer {
  #timer: NodeJS.Timeout | undefined
  #isWaiting = false

  /** @param limit in ms; 0 for no limit */
  constructor(limit: number, onExpired: () => void) {
    if (limit === 0) return
    this.#timer = setTimeout(() => {
      if (this.#isWaiting) onExpired()
    }, limit)
  }

  begin(): void {
    this.#isWaiting = true
    this.#timer?.refresh()
  }

  end(): void {
    this.#isWaiting = false
  }

  /** No more waits. */
  stop(): void {
    this.#isWaiting = false
    clearTimeout(this.#timer)
    // `refresh` would start it again.
    this.#timer = undefined
  }
}
