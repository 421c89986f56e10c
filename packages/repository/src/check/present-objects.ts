import { Digest, DigestSet } from '@composefs/fsverity'
import { readObjectName } from '../object-name.ts'
import type { DiskObjectStore } from '../objects.ts'

/**
 * Which objects are there. What has been seen once is taken to stay: the lock keeps garbage collection away. What has
 * not been seen is looked for again, because writers go on.
 */
export class PresentObjects {
  readonly #objects: DiskObjectStore
  readonly #seen: DigestSet
  readonly #scratch: Uint8Array

  constructor(objects: DiskObjectStore) {
    this.#objects = objects
    this.#seen = new DigestSet(objects.algorithm)
    this.#scratch = new Uint8Array(objects.algorithm.digestSize)
  }

  /** Notes an object whose file has been seen, by its names; what is no name of an object is left out. */
  addName(directory: string, name: string): void {
    if (readObjectName(directory, name, this.#scratch)) this.#seen.add(this.#scratch)
  }

  has(id: Digest): boolean {
    if (this.#seen.has(id.bytes)) return true
    if (!this.#objects.has(id)) return false
    this.#seen.add(id.bytes)
    return true
  }

  /** Like `has`, for an id that is no more than its bytes. */
  hasBytes(id: Uint8Array): boolean {
    return this.#seen.has(id) || this.has(new Digest(this.#objects.algorithm, id))
  }
}
