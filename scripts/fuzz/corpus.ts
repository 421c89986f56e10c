import type { Random } from './random.ts'

/** Bytes of inputs that are kept beside the seeds; above this the oldest go. Part of what the process may take. */
const SIZE_MAX = 8 << 20

/** The inputs of one run that took a way of their own. */
export class Corpus {
  readonly inputs: Uint8Array[] = []
  readonly #ways = new Set<string>()
  #seeds = 0
  #size = 0

  /** Kept whatever way they take. */
  addSeed(input: Uint8Array, way: string): void {
    this.inputs.push(input)
    this.#ways.add(way)
    this.#seeds++
  }

  /** Keeps an input that took a way that no input took before. */
  offer(input: Uint8Array, way: string): void {
    if (this.#ways.has(way)) return
    this.#ways.add(way)
    this.inputs.push(input)
    this.#size += input.length
    while (this.#size > SIZE_MAX) {
      const [oldest] = this.inputs.splice(this.#seeds, 1)
      this.#size -= oldest?.length ?? this.#size
    }
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
