import {
  type Algorithm,
  type Digest,
  fsverityDigest,
  type Hashing,
  leafSizeOf,
} from '@composefs/fsverity'
import type { DoneSlot, Slots } from '@composefs/threads'
import type { PutResult } from '../object-store.ts'
import { BLOCK_SIZE, LeafDigest } from './leaf-digest.ts'
import type { LargeContent, ObjectIntake } from './object-intake.ts'
import { ObjectJob } from './object-job.ts'
import { createObjectSlots, type ObjectHelpers } from './object-threads.ts'
import { ObjectWork } from './object-work.ts'
import { putResult } from './put-result.ts'

/** How contents are hashed, and by which threads. */
export interface DigestIntakeOptions {
  readonly algorithm: Algorithm
  readonly hashing: Hashing
  /** Slots whose threads do object jobs. Default: new ones; the caller closes them. */
  readonly slots?: Slots
  /** Threads that help, unless slots are given. Default: none. */
  readonly helpers?: ObjectHelpers | undefined
}

/** Computes what contents would be called and keeps none of them. Everything counts as new. */
export function createDigestIntake(options: DigestIntakeOptions): ObjectIntake {
  return new DigestIntake(options)
}

class DigestIntake implements ObjectIntake {
  readonly slots: Slots
  readonly algorithm: Algorithm
  readonly contentJob: number = ObjectJob.digest
  readonly leafSize: number
  readonly #hashing: Hashing

  constructor(options: DigestIntakeOptions) {
    const { algorithm, hashing } = options
    this.algorithm = algorithm
    this.leafSize = leafSizeOf(algorithm)
    this.#hashing = hashing
    const createWork = () => new ObjectWork(algorithm, hashing)
    const setup = { algorithm: algorithm.name }
    this.slots = options.slots ?? createObjectSlots({ createWork, helpers: options.helpers, setup })
  }

  result(slot: DoneSlot, job: number, size: number): PutResult {
    return { ...putResult(this.algorithm, slot, job, size), isNew: true }
  }

  openLarge(): LargeContent {
    return new CountedLargeContent(this.algorithm, this.#hashing)
  }
}

class CountedLargeContent implements LargeContent {
  readonly #leaves: LeafDigest
  readonly #compute: () => Digest
  /** The beginning: content of one block is told by its bytes. */
  readonly #block = new Uint8Array(BLOCK_SIZE)
  #size = 0

  constructor(algorithm: Algorithm, hashing: Hashing) {
    this.#leaves = new LeafDigest({ algorithm, hashing })
    this.#compute = () =>
      fsverityDigest(this.#block.subarray(0, this.#size), { algorithm, hashing })
  }

  write(data: Uint8Array): void {
    const room = BLOCK_SIZE - this.#size
    if (room > 0) this.#block.set(data.subarray(0, room), this.#size)
    this.#size += data.length
  }

  addLeaf(slot: DoneSlot, job: number): void {
    this.#leaves.add(slot, job, this.#size)
  }

  finish(): PutResult {
    const digest = this.#leaves.digest(this.#size, this.#compute)
    return { digest, isNew: true, size: this.#size }
  }

  abort(): void {}
}
