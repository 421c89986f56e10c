const NOTHING = new Uint8Array(0)

/** Memory that a decoder writes to. Whoever wants the bytes lends it, one piece after the other. */
export class Output {
  #target: Uint8Array = NOTHING
  #filled = 0
  #total = 0

  /** Bytes in all pieces so far. */
  get total(): number {
    return this.#total
  }

  /** Bytes in the piece at hand. */
  get filled(): number {
    return this.#filled
  }

  get isFull(): boolean {
    return this.#filled === this.#target.length
  }

  /** What is free of the piece at hand. */
  get room(): Uint8Array {
    return this.#filled === 0 ? this.#target : this.#target.subarray(this.#filled)
  }

  /** Lends another piece. */
  lend(target: Uint8Array): void {
    this.#target = target
    this.#filled = 0
  }

  /** Takes the piece back and tells how many bytes are in it. */
  takeBack(): number {
    const filled = this.#filled
    this.lend(NOTHING)
    return filled
  }

  /** Says that so many bytes were written to the beginning of `room`. */
  advance(written: number): void {
    this.#filled += written
    this.#total += written
  }

  /** Yields what there is, before a wait for more. */
  *handOver(): Generator<void, void, undefined> {
    if (this.#filled > 0) yield
  }

  /** Copies `bytes`, and yields whenever another piece is needed for them. */
  *put(bytes: Uint8Array): Generator<void, void, undefined> {
    let rest = bytes
    while (rest.length > 0) {
      if (this.isFull) yield
      const part = rest.subarray(0, this.#target.length - this.#filled)
      this.#target.set(part, this.#filled)
      this.advance(part.length)
      rest = rest.subarray(part.length)
    }
  }
}
