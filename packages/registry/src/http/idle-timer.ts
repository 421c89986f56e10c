/**
 * Tells when nothing has happened for a time. A program that was busy with something else sees its timers before its
 * sockets: so what is there by then still counts.
 */
export class IdleTimer {
  readonly #ms: number
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined
  #events = 0

  /** `ms` is 0 for a timer that never tells. */
  constructor(ms: number, onIdle: () => void) {
    this.#ms = ms
    this.#onIdle = onIdle
  }

  /** Something happened, or is to be waited for from now on. */
  touch(): void {
    this.#events++
    if (this.#timer !== undefined) this.#timer.refresh()
    else if (this.#ms > 0) this.#timer = setTimeout(() => this.#fire(), this.#ms)
  }

  stop(): void {
    this.#events++
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #fire(): void {
    const events = this.#events
    setImmediate(() => {
      if (events === this.#events) this.#onIdle()
    })
  }
}
