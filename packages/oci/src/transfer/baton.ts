/** Something that one holds at a time, in the order in which they asked for it. */
export class Baton {
  #last: Promise<void> = Promise.resolve()

  /** Waits until all that asked before have given it back. */
  async take(): Promise<{ release(): void }> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return { release: resolve }
  }
}
