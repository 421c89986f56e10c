import type { Algorithm } from '@composefs/fsverity'
import { type DoneSlot, Slots } from '@composefs/threads'
import type { Work } from '@composefs/threads/helper'
import type { ObjectStore, PutResult } from '../object-store.ts'
import type { LargeContent, ObjectIntake } from './object-intake.ts'
import { JobOutcome, JobResult, ObjectJob } from './object-job.ts'
import { putResult } from './put-result.ts'

/** This thread works on one slot while it fills no other. */
const SLOT_COUNT = 1

/**
 * Puts contents into any object store, one that is in memory too. This thread does all the work.
 *
 * @example
 * const intake = createStoreIntake(createMemoryObjectStore(SHA256))
 */
export function createStoreIntake(objects: ObjectStore): ObjectIntake {
  return new StoreIntake(objects)
}

class StoreIntake implements ObjectIntake {
  readonly slots: Slots
  readonly contentJob: number = ObjectJob.store
  /** The store hashes what it gets. */
  readonly leafSize = 0
  readonly #objects: ObjectStore

  constructor(objects: ObjectStore) {
    this.#objects = objects
    this.slots = new Slots({ createWork: () => storeWork(objects), slotCount: SLOT_COUNT })
  }

  get algorithm(): Algorithm {
    return this.#objects.algorithm
  }

  result(slot: DoneSlot, job: number, size: number): PutResult {
    return putResult(this.algorithm, slot, job, size)
  }

  openLarge(): LargeContent {
    const writer = this.#objects.create()
    return {
      write: data => writer.write(data),
      addLeaf() {},
      finish: () => writer.finish(),
      abort: () => writer.abort(),
    }
  }
}

function storeWork(objects: ObjectStore): Work {
  return {
    run(kind, data, result) {
      if (kind !== ObjectJob.store) throw new TypeError(`no job of kind ${kind}`)
      const { digest, isNew } = objects.put(data)
      result.set(digest.bytes, JobResult.digest)
      result[JobResult.outcome] = isNew ? JobOutcome.stored : JobOutcome.present
    },
    advance() {
      throw new TypeError('this thread has no chains')
    },
  }
}
