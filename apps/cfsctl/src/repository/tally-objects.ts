import type { Digest } from '@composefs/fsverity'
import type {
  LargeContent,
  ObjectHandle,
  ObjectIntake,
  ObjectStore,
  ObjectWriter,
  PutResult,
} from '@composefs/repository'
import type { DoneSlot, Slots } from '@composefs/threads'

/** What has been put into a store. */
export interface Tally {
  /** Objects that the store did not have. */
  created: number
  present: number
  /** Bytes of the new ones. */
  bytes: number
}

/** Where contents go, one by one and many at once. */
export interface ContentTarget {
  readonly objects: ObjectStore
  readonly intake: ObjectIntake
}

/** The same target, and a count of what goes there from now on. */
export function tallyObjects({ objects, intake }: ContentTarget): ContentTarget & { tally: Tally } {
  const tally: Tally = { created: 0, present: 0, bytes: 0 }
  return {
    objects: new TallyStore(objects, tally),
    intake: new TallyIntake(intake, tally),
    tally,
  }
}

class TallyIntake implements ObjectIntake {
  readonly #intake: ObjectIntake
  readonly #tally: Tally

  constructor(intake: ObjectIntake, tally: Tally) {
    this.#intake = intake
    this.#tally = tally
  }

  get slots(): Slots {
    return this.#intake.slots
  }

  get algorithm() {
    return this.#intake.algorithm
  }

  get contentJob(): number {
    return this.#intake.contentJob
  }

  get leafSize(): number {
    return this.#intake.leafSize
  }

  result(slot: DoneSlot, job: number, size: number): PutResult {
    return count(this.#intake.result(slot, job, size), this.#tally)
  }

  openLarge(): LargeContent {
    const large = this.#intake.openLarge()
    return {
      write: data => large.write(data),
      addLeaf: (slot, job) => large.addLeaf(slot, job),
      finish: () => count(large.finish(), this.#tally),
      abort: () => large.abort(),
    }
  }
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
    return count(this.#store.put(content), this.#tally)
  }

  create(): ObjectWriter {
    const writer = this.#store.create()
    return {
      write: chunk => writer.write(chunk),
      finish: () => count(writer.finish(), this.#tally),
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
}

function count(result: PutResult, tally: Tally): PutResult {
  if (result.isNew) {
    tally.created += 1
    tally.bytes += result.size
  } else tally.present += 1
  return result
}
