import { equalBytes } from '@composefs/bytes'
import { Digest } from '@composefs/fsverity'
import type { DoneSlot, Lane, Slot } from '@composefs/threads'
import { reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { readFileFailure } from '../work/file-result.ts'
import { assertDone } from '../work/job-failure.ts'
import { JobOutcome, JobResult, ObjectJob } from '../work/object-job.ts'
import type { CheckFinding } from './finding.ts'

/** Objects in one slot: threads share the work of a small repository too. */
const OBJECTS_MAX = 128
/** Objects after which threads earn back their start. */
export const HELPED_OBJECTS = 1024
/** Time after which it is taken that there is enough to do, in ms: as long as a thread takes to start. */
const HELPED_AFTER = 40

/** A file that has the name of an object. */
export interface NamedObject {
  /** Relative to the repository. */
  readonly path: string
  readonly digest: Digest
}

/** Gets to know what became of each object, in the order in which they were added. */
export interface ObjectListener {
  /** Nothing is wrong with an object, or this is. */
  onChecked(finding: CheckFinding | undefined): void
  /** An object is too large for one job, or not as it should be at first sight. */
  onLeft(object: NamedObject): void
}

/**
 * Lets all threads compute the digests of objects: fills slots with their paths, and compares what comes back. In a slot
 * each object is the length of its path in two bytes, the digest that it should have, and the path.
 */
export class ObjectSlots {
  readonly #repository: Repository
  readonly #listener: ObjectListener
  readonly #lane: Lane<readonly Entry[]>
  readonly #root: Uint8Array
  readonly #started = performance.now()
  #slot: Slot | undefined
  #end = 0
  #count = 0
  #entries: Entry[] = []

  constructor(repository: Repository, listener: ObjectListener) {
    this.#repository = repository
    this.#listener = listener
    this.#root = Buffer.from(`${repository.layout.root}/`)
    this.#lane = repository.slots.lane({
      onDone: (slot, entries: readonly Entry[]) => this.#onDone(slot, entries),
    })
  }

  /** True when `next` has to come before anything is added. */
  get isFull(): boolean {
    return this.#slot === undefined || this.#entries.length === OBJECTS_MAX
  }

  /** Makes room. */
  async next(): Promise<void> {
    this.#publish()
    this.#slot = await this.#lane.take()
    this.#end = 0
    this.#entries = []
  }

  /** Adds an object whose content is to be read; `path` is ASCII. */
  add(digest: Uint8Array, path: string): void {
    const { data } = this.#slot as Slot
    const root = this.#root
    const at = this.#end
    const start = at + 2 + digest.length
    const length = root.length + path.length
    data[at] = length & 0xff
    data[at + 1] = length >> 8
    data.set(digest, at + 2)
    data.set(root, start)
    for (let i = 0; i < path.length; i++) data[start + root.length + i] = path.charCodeAt(i)
    this.#slot?.add(ObjectJob.digestFile, start, length)
    this.#end = start + length
    this.#entries.push('read')
  }

  /** Adds an object of which all is known. */
  addChecked(finding: CheckFinding | undefined): void {
    this.#entries.push(finding)
  }

  /** Waits for everything. */
  async drain(): Promise<void> {
    this.#publish()
    await this.#lane.drain()
  }

  /** Gives up what is not done. */
  async abort(): Promise<void> {
    await this.#lane.abort()
  }

  #publish(): void {
    if (this.#slot === undefined) return
    this.#slot = undefined
    this.#lane.publish(this.#entries)
    this.#count += this.#entries.length
    const isLong = performance.now() - this.#started > HELPED_AFTER
    if (this.#count >= HELPED_OBJECTS || isLong) this.#repository.slots.startHelpers()
  }

  #onDone(slot: DoneSlot, entries: readonly Entry[]): void {
    let job = 0
    let at = 0
    for (const entry of entries) {
      if (entry === 'read') at = this.#onRead(slot, job++, at)
      else this.#listener.onChecked(entry)
    }
  }

  /** Compares the result of a job, whose object begins at `at` in the slot, and returns where it ends. */
  #onRead(slot: DoneSlot, job: number, at: number): number {
    const { algorithm } = this.#repository
    const { data } = slot
    assertDone(slot, job)
    const result = slot.result(job)
    const start = at + 2 + algorithm.digestSize
    const end = start + (data[at] as number) + ((data[at + 1] as number) << 8)
    const outcome = result[JobResult.outcome]
    const actual = result.subarray(JobResult.digest, algorithm.digestSize)
    const expected = data.subarray(at + 2, start)
    if (outcome === JobOutcome.present && equalBytes(actual, expected)) {
      this.#listener.onChecked(undefined)
      return end
    }
    const digest = new Digest(algorithm, expected.slice())
    const path = Buffer.from(data.slice(start + this.#root.length, end)).toString('latin1')
    const object = { path, digest }
    if (outcome === JobOutcome.failed) {
      this.#listener.onChecked(openFailed(object, readFileFailure(result, path)))
    } else this.#listener.onLeft(object)
    return end
  }
}

/** What is known of an object that is not done: all, or that a job reads it. */
type Entry = CheckFinding | undefined | 'read'

/** What is found when an object cannot be read. */
export function openFailed({ path, digest }: NamedObject, error: unknown): CheckFinding {
  return { kind: 'object-open-failed', path, detail: reasonOf(error), digest }
}

/** What is found when an object has not the content that its name says; nothing when it has. */
export function digestMismatch(
  { path, digest }: NamedObject,
  actual: Digest,
): CheckFinding | undefined {
  if (actual.equals(digest)) return undefined
  return { kind: 'object-digest-mismatch', path, detail: `measured ${actual.hex}`, digest }
}
