import type { Algorithm, Digest } from '@composefs/fsverity'
import { DigestSet } from '@composefs/fsverity'

/** The entries of `streams/` or of `images/`: which object each of them names. */
export class LinkTable {
  readonly #byId = new Map<string, Digest>()
  readonly #objects: DigestSet

  constructor(algorithm: Algorithm) {
    this.#objects = new DigestSet(algorithm)
  }

  get size(): number {
    return this.#byId.size
  }

  add(id: string, object: Digest): void {
    this.#byId.set(id, object)
    this.#objects.add(object.bytes)
  }

  /** The object of an entry. */
  get(id: string): Digest | undefined {
    return this.#byId.get(id)
  }

  /** True when some entry names the object. */
  hasObject(object: Digest): boolean {
    return this.#objects.has(object.bytes)
  }

  /** Entries and their objects in the order of `add`. */
  entries(): Iterable<readonly [id: string, object: Digest]> {
    return this.#byId
  }
}
