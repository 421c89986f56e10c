import { type Algorithm, leafSizeOf } from '@composefs/fsverity'
import type { DoneSlot, Slots } from '@composefs/threads'
import type { ObjectWriter, PutResult } from '../object-store.ts'
import type { DiskObjectStore } from '../objects.ts'
import { LeafDigest } from './leaf-digest.ts'
import type { LargeContent, ObjectIntake } from './object-intake.ts'
import { ObjectJob } from './object-job.ts'
import { putResult } from './put-result.ts'

/** Stores contents in an open repository. */
export class DiskIntake implements ObjectIntake {
  readonly slots: Slots
  readonly leafSize: number
  readonly #store: DiskObjectStore

  constructor(slots: Slots, store: DiskObjectStore) {
    this.slots = slots
    this.#store = store
    this.leafSize = store.verity.required ? 0 : leafSizeOf(store.algorithm)
  }

  get algorithm(): Algorithm {
    return this.#store.algorithm
  }

  get contentJob(): number {
    // Other threads do not ask.
    this.#store.assertWritable()
    return ObjectJob.store
  }

  result(slot: DoneSlot, job: number, size: number): PutResult {
    return putResult(this.algorithm, slot, job, size)
  }

  openLarge(): LargeContent {
    return new DiskLargeContent(this.#store)
  }
}

/** Writes a content in order; what hashes it is jobs, or the kernel in a secure repository. */
class DiskLargeContent implements LargeContent {
  readonly #writer: ObjectWriter
  readonly #digest: LeafDigest | undefined
  #size = 0

  constructor(store: DiskObjectStore) {
    const { verity } = store
    const digest = verity.required ? undefined : new LeafDigest(verity)
    this.#digest = digest
    this.#writer = store.create({
      digest: file => digest?.digest(this.#size, () => verity.compute(file)),
    })
  }

  write(data: Uint8Array): void {
    this.#writer.write(data)
    this.#size += data.length
  }

  addLeaf(slot: DoneSlot, job: number): void {
    this.#digest?.add(slot, job, this.#size)
  }

  finish(): PutResult {
    return this.#writer.finish()
  }

  abort(): void {
    this.#writer.abort()
  }
}
