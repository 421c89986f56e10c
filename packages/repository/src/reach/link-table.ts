import type { Algorithm, Digest } from '@composefs/fsverity'
import { DigestSet } from './digest-set.ts'

/** The entries of `streams/` or of `images/`: which object each of them names. */
export class LinkTable {
  readonly #byId = new Map<string, Digest>()
  readonly #objects: DigestSet
  /** For each of the objects the first entry that names it. */
  readonly #ids: string[] = []

  constructor(algorithm: Algorithm) {
    this.#objects = new DigestSet(algorithm)
  }

  get size(): number {
    return this.#byId.size
  }

  add(id: string, object: Digest): void {
    this.#byId.set(id, object)
    if (this.#objects.add(object.bytes)) this.#ids.push(id)
  }

  /** The object of an entry. */
  get(id: string): Digest | undefined {
    return this.#byId.get(id)
  }

  /** The entry of an object: the first of several. */
  idOf(object: Digest): string | undefined {
    return this.#ids[this.#objects.indexOf(object.bytes)]
  }

  /** Entries and their objects in the order of `add`. */
  entries(): Iterable<readonly [id: string, object: Digest]> {
    return this.#byId
  }
}
