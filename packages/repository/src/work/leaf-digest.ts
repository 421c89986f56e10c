import {
  type Algorithm,
  createFsverityOfLeaves,
  type Digest,
  type FsverityOfLeaves,
  type Hashing,
  LOG_BLOCK_SIZE,
} from '@composefs/fsverity'
import type { DoneSlot } from '@composefs/threads'
import { assertDone } from './job-failure.ts'
import { JobResult } from './object-job.ts'

/** Bytes of a block of fs-verity. */
export const BLOCK_SIZE: number = 1 << LOG_BLOCK_SIZE

/** Puts the digest of a large content together from the results of its leaf jobs. */
export class LeafDigest {
  readonly #leaves: FsverityOfLeaves
  readonly #digestSize: number

  constructor(options: { readonly algorithm: Algorithm; readonly hashing: Hashing }) {
    this.#leaves = createFsverityOfLeaves(options)
    this.#digestSize = options.algorithm.digestSize
  }

  /** Adds the next leaf of a content of which `written` bytes are there. */
  add(slot: DoneSlot, job: number, written: number): void {
    assertDone(slot, job)
    const { leafSize, size } = this.#leaves
    const hash = slot.result(job).subarray(JobResult.digest, JobResult.digest + this.#digestSize)
    this.#leaves.addLeaf(hash, Math.min(leafSize, written - size))
  }

  /**
   * The digest of a content of `size` bytes. Content of one block or none has no leaves that tell: `small` computes its
   * digest.
   */
  digest(size: number, small: () => Digest): Digest {
    if (this.#leaves.size !== size) {
      throw new TypeError(`leaves of ${this.#leaves.size} bytes for a content of ${size}`)
    }
    return size <= BLOCK_SIZE ? small() : this.#leaves.digest()
  }
}
