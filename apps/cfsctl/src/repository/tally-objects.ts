import type { Digest } from '@composefs/fsverity'
import type { ObjectHandle, ObjectStore, ObjectWriter, PutResult } from '@composefs/repository'

/** What has been put into a store. */
export interface Tally {
  /** Objects that the store did not have. */
  created: number
  present: number
  /** Bytes of the new ones. */
  bytes: number
}

/** The store, and a count of what is put into it from now on. */
export function tallyObjects(store: ObjectStore): { objects: ObjectStore; tally: Tally } {
  const tally: Tally = { created: 0, present: 0, bytes: 0 }
  return { objects: new TallyStore(store, tally), tally }
}

class TallyStore implements ObjectStore {
  readonly #store: ObjectStore
  readonly #tally: Tally

  constructor(store: ObjectStore, tally: Tally) {
    this.#store = store
    this.#tally = tally
  }

  get algorithm() {
    return this.#store.algorithm
  }

  has(id: Digest): boolean {
    return this.#store.has(id)
  }

  put(content: Uint8Array): PutResult {
    return this.#count(this.#store.put(content))
  }

  create(): ObjectWriter {
    const writer = this.#store.create()
    return {
      write: chunk => writer.write(chunk),
      finish: () => this.#count(writer.finish()),
      abort: () => writer.abort(),
    }
  }

  open(id: Digest): ObjectHandle {
    return this.#store.open(id)
  }

  read(id: Digest, options?: { readonly maxSize?: number }): Uint8Array {
    return this.#store.read(id, options)
  }

  chunks(id: Digest): Generator<Uint8Array> {
    return this.#store.chunks(id)
  }

  #count(result: PutResult): PutResult {
    if (result.isNew) {
      this.#tally.created += 1
      this.#tally.bytes += result.size
    } else this.#tally.present += 1
    return result
  }
}
