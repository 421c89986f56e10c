import type { Random } from './random.ts'

/** Inputs that are changed further; above this the oldest that were made go. */
const SIZE_MAX = 3000

/** The inputs of one run that took a way of their own. */
export class Corpus {
  readonly inputs: Uint8Array[] = []
  readonly #ways = new Set<string>()
  #seeds = 0

  /** Kept whatever way they take. */
  addSeed(input: Uint8Array, way: string): void {
    this.inputs.push(input)
    this.#ways.add(way)
    this.#seeds++
  }

  /** True when it is kept: no input before took that way. */
  offer(input: Uint8Array, way: string): boolean {
    if (this.#ways.has(way)) return false
    this.#ways.add(way)
    this.inputs.push(input)
    if (this.inputs.length > this.#seeds + SIZE_MAX) this.inputs.splice(this.#seeds, 1)
    return true
  }

  get ways(): number {
    return this.#ways.size
  }

  /** One of the inputs, as often a new one as any. */
  pick(random: Random): Uint8Array {
    const count = this.inputs.length
    const recent = Math.min(count, 50)
    const at = random.oneIn(2) ? random.below(count) : count - 1 - random.below(recent)
    return this.inputs[at] as Uint8Array
  }
}
