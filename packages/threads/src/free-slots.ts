/** Somebody who wants a slot. */
export interface Taker {
  /** Slots that it has and has not given back. */
  readonly held: number
}

/**
 * The slots that nobody uses, and who waits for one. Where several wait, the one that has the fewest gets the next: a
 * lane that is fast does not keep the others from beginning.
 */
export class FreeSlots {
  readonly #free: number[]
  readonly #takers = new Set<Taker>()
  readonly #onChance: () => void

  /** `onChance` is called when somebody who was refused may get one now. */
  constructor(slotCount: number, onChance: () => void) {
    this.#free = Array.from({ length: slotCount }, (_, slot) => slotCount - 1 - slot)
    this.#onChance = onChance
  }

  /** From now on `taker` waits for a slot. */
  enter(taker: Taker): void {
    this.#takers.add(taker)
  }

  /** `taker` has a slot, or has given up. */
  leave(taker: Taker): void {
    this.#takers.delete(taker)
    if (this.#free.length > 0 && this.#takers.size > 0) this.#onChance()
  }

  /** A slot, if one is free and nobody who waits has fewer. */
  take(taker: Taker): number | undefined {
    if (this.#free.length === 0) return undefined
    for (const other of this.#takers) if (other.held < taker.held) return undefined
    // The one that was given back last is in the caches.
    return this.#free.pop()
  }

  give(slot: number): void {
    this.#free.push(slot)
    this.#onChance()
  }
}
