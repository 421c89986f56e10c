import type { Algorithm } from '@composefs/fsverity'
import type { DoneSlot, Slots } from '@composefs/threads'
import type { PutResult } from '../object-store.ts'

/**
 * Where many contents go at once: in slots, that this thread fills and all threads work on.
 *
 * @example
 * const lane = intake.slots.lane({ onDone: slot => console.log(intake.result(slot, 0, 5).digest.hex) })
 * const slot = await lane.take()
 * slot.data.set(encodeUtf8('hello'))
 * slot.add(intake.contentJob, 0, 5)
 * lane.publish()
 * await lane.drain()
 */
export interface ObjectIntake {
  readonly slots: Slots
  readonly algorithm: Algorithm
  /**
   * The kind of job that a whole content in a slot is: it is stored, or only hashed.
   *
   * @throws RepositoryError ERR_REPOSITORY_READ_ONLY; TypeError for a repository that is not locked
   */
  readonly contentJob: number
  /**
   * Bytes of a large content that are one `ObjectJob.leaf`; the last leaf may be shorter. 0 where large contents need
   * no leaves, because the kernel hashes them.
   */
  readonly leafSize: number
  /**
   * What became of a whole content of `size` bytes.
   *
   * @throws RepositoryError, or the error of a system call: what the job failed with
   */
  result(slot: DoneSlot, job: number, size: number): PutResult
  /**
   * Starts a content that does not fit into a slot.
   *
   * @throws RepositoryError ERR_REPOSITORY_READ_ONLY
   */
  openLarge(): LargeContent
}

/** A content that arrives in order, its leaves hashed by jobs. End it by `finish` or `abort`. */
export interface LargeContent {
  /** Appends `data`, which may be reused after the call. */
  write(data: Uint8Array): void
  /**
   * Adds the next leaf, which has been written before.
   *
   * @throws what the job failed with
   */
  addLeaf(slot: DoneSlot, job: number): void
  /**
   * Ends the content when all of its leaves have been added. It is closed, whether this succeeds or not.
   *
   * @throws what `ObjectStore.put` throws
   */
  finish(): PutResult
  /** Drops the content. After `finish` or `abort` it does nothing. */
  abort(): void
}
