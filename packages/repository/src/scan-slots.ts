import { type BigIntStats, closeSync } from 'node:fs'
import type { DoneSlot, Lane, Slot } from '@composefs/threads'
import type { LeafContent } from '@composefs/tree'
import { changedFile, storing } from './scan-file.ts'
import type { FileDescriptor } from './system.ts'
import { readFileFailure } from './work/file-result.ts'
import { STORED_FILE_MAX } from './work/file-stores.ts'
import { assertDone } from './work/job-failure.ts'
import type { ObjectIntake } from './work/object-intake.ts'
import { JobOutcome, JobResult, ObjectJob } from './work/object-job.ts'
import { writeSeenFile } from './work/seen-file.ts'

/** Files in one slot: all threads have a share of a small directory too. */
const FILES_MAX = 128
/** Directories that wait for one slot to be closed: there are slots enough for a thousand. */
const DIRECTORIES_MAX = 32
/**
 * Files, and bytes of them, after which threads earn back their start: as many may come again, and the first ones take
 * longest.
 */
const HELPED_FILES = 256
const HELPED_BYTES = 8 << 20

/** A directory that stays open until all of its files have been read. */
export class OpenDirectory {
  readonly file: FileDescriptor
  #users = 1

  constructor(file: FileDescriptor) {
    this.file = file
  }

  use(): void {
    this.#users += 1
  }

  /** True when it is not closed yet. */
  release(): boolean {
    this.#users -= 1
    if (this.#users === 0) closeSync(this.file)
    return this.#users > 0
  }
}

/** A file whose content is to be read by some thread. */
export interface ScannedFile {
  /** The way to it, through `directory`. */
  readonly at: Uint8Array
  readonly directory: OpenDirectory
  readonly stats: BigIntStats
  /** Goes on with what was read. Gets the error of the file, or of the one who stores, from `content`. */
  onRead(content: () => LeafContent): void
}

/** What comes next in a slot: a file that a job reads, or a step that needs one before it. */
type Entry = ScannedFile | (() => void)

/** Lets all threads read the files of a directory, and goes on with each in the order in which they were added. */
export class ScanSlots {
  readonly #intake: ObjectIntake
  readonly #lane: Lane<readonly Entry[]>
  #slot: Slot | undefined
  #end = 0
  #entries: Entry[] = []
  #directories = 0
  #files = 0
  #bytes = 0
  /** The entries of slots that are not done. */
  readonly #pending = new Set<readonly Entry[]>()

  /** @throws what keeps `intake` from storing */
  constructor(intake: ObjectIntake) {
    this.#intake = intake
    void intake.contentJob
    this.#lane = intake.slots.lane({
      onDone: (slot, entries: readonly Entry[]) => this.#onDone(slot, entries),
    })
  }

  /** True when `next` has to come before anything is added. */
  get isFull(): boolean {
    return (
      this.#slot === undefined ||
      this.#entries.length >= FILES_MAX ||
      this.#directories >= DIRECTORIES_MAX
    )
  }

  /** Makes room. */
  async next(): Promise<void> {
    this.#publish()
    this.#slot = await this.#lane.take()
    this.#end = 0
    this.#directories = 0
    this.#entries = []
    this.#pending.add(this.#entries)
  }

  /** True for a file that is read as a whole. */
  takes(size: number): boolean {
    return size <= STORED_FILE_MAX
  }

  addFile(file: ScannedFile): void {
    const slot = this.#slot as Slot
    const { stats, at: path } = file
    const length = writeSeenFile(slot.data, this.#end, { stats, path })
    slot.add(ObjectJob.storeFile, this.#end, length)
    this.#end += length
    this.#files += 1
    this.#bytes += Number(stats.size)
    file.directory.use()
    this.#entries.push(file)
  }

  /** Adds a step that comes after all that was added before. */
  addStep(step: () => void): void {
    this.#entries.push(step)
  }

  /** Leaves a directory: it is closed when its files have been read. */
  leave(directory: OpenDirectory): void {
    if (directory.release()) this.#directories += 1
  }

  /** Waits for everything. */
  async drain(): Promise<void> {
    this.#publish()
    await this.#lane.drain()
  }

  /** Gives up what is not done. */
  async abort(): Promise<void> {
    await this.#lane.abort()
    for (const entries of this.#pending) release(entries)
    this.#pending.clear()
  }

  #publish(): void {
    if (this.#slot === undefined) return
    this.#slot = undefined
    this.#lane.publish(this.#entries)
    if (this.#files >= HELPED_FILES || this.#bytes >= HELPED_BYTES)
      this.#intake.slots.startHelpers()
  }

  #onDone(slot: DoneSlot, entries: readonly Entry[]): void {
    this.#pending.delete(entries)
    let job = 0
    try {
      for (const entry of entries) {
        if (typeof entry === 'function') entry()
        else {
          const read = job++
          entry.onRead(() => this.#contentOf(slot, read, Number(entry.stats.size)))
        }
      }
    } finally {
      release(entries)
    }
  }

  #contentOf(slot: DoneSlot, job: number, size: number): LeafContent {
    storing(() => assertDone(slot, job))
    const result = slot.result(job)
    const outcome = result[JobResult.outcome]
    if (outcome === JobOutcome.changed) throw changedFile({})
    if (outcome === JobOutcome.failed) throw readFileFailure(result, '')
    return { kind: 'external', digest: this.#intake.result(slot, job, size).digest, size }
  }
}

function release(entries: readonly Entry[]): void {
  for (const entry of entries) if (typeof entry !== 'function') entry.directory.release()
}
