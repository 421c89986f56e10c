/** How far back a rate looks, in ms: an average over all the time hides a connection that stalls. */
const WINDOW = 10_000
/** Least time between two samples, in ms. */
const SAMPLE_EVERY = 250

/** Bytes a second, of late. */
export class TransferRate {
  readonly #samples: { readonly time: number; readonly bytes: number }[] = []

  /** Takes down how many bytes there are by now. */
  note(bytes: number, time: number): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && time - last.time < SAMPLE_EVERY) return
    this.#samples.push({ time, bytes })
    while ((this.#samples[1]?.time ?? time) < time - WINDOW) this.#samples.shift()
  }

  /** The rate up to now; 0 where there is nothing to tell it by. */
  at(bytes: number, time: number): number {
    // Also where nothing comes any more.
    this.note(bytes, time)
    const [first] = this.#samples
    if (first === undefined || time <= first.time) return 0
    return ((bytes - first.bytes) * 1000) / (time - first.time)
  }
}
