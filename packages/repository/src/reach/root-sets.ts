import type { Root } from './root.ts'

/** Sets of roots by number. Equal unions are made once, so that a million objects may have the same one. */
export class RootSets {
  /** The set of no roots. */
  static readonly EMPTY = 0
  readonly #roots: readonly Root[]
  /** Sorted indexes of the roots of each set. */
  readonly #sets: (readonly number[])[] = [[]]
  readonly #unions = new Map<string, number>()
  readonly #byMembers = new Map<string, number>()
  readonly #lists = new Map<number, readonly Root[]>()

  constructor(roots: readonly Root[]) {
    this.#roots = roots
  }

  /** The set of the roots with these indexes, sorted. */
  of(indexes: readonly number[]): number {
    const key = indexes.join()
    const known = this.#byMembers.get(key)
    if (known !== undefined) return known
    const set = this.#sets.push(indexes) - 1
    this.#byMembers.set(key, set)
    return set
  }

  /** The union of any number of sets: made at once, as each union on the way to it would be as long again. */
  union(sets: Iterable<number>): number {
    const distinct = [...new Set(sets)].filter(set => set !== RootSets.EMPTY).sort((a, b) => a - b)
    const [first = RootSets.EMPTY, second] = distinct
    if (second === undefined) return first
    const key = distinct.join()
    const known = this.#unions.get(key)
    if (known !== undefined) return known
    const members = new Set<number>()
    for (const set of distinct) for (const index of this.#sets[set] ?? []) members.add(index)
    const union = this.of([...members].sort((a, b) => a - b))
    this.#unions.set(key, union)
    return union
  }

  /** The roots of a set in their order. */
  roots(set: number): readonly Root[] {
    let list = this.#lists.get(set)
    if (list === undefined) {
      list = (this.#sets[set] ?? []).flatMap(index => this.#roots[index] ?? [])
      this.#lists.set(set, list)
    }
    return list
  }
}
