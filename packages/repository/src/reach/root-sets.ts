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

  union(a: number, b: number): number {
    if (a === b || b === RootSets.EMPTY) return a
    if (a === RootSets.EMPTY) return b
    const key = a < b ? `${a},${b}` : `${b},${a}`
    const known = this.#unions.get(key)
    if (known !== undefined) return known
    const members = new Set([...(this.#sets[a] ?? []), ...(this.#sets[b] ?? [])])
    const union = this.of([...members].sort((x, y) => x - y))
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
