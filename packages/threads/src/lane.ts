import { decodeFailure, type Failure } from './failure.ts'
import {
  claimWord,
  closedClaim,
  generationOf,
  JOB_WORDS,
  JOBS_MAX,
  JobWord,
  nextOf,
  SLOT_SIZE,
  SlotWord,
} from './slot-memory.ts'
import type { Slots } from './slots.ts'
import { finish } from './steal.ts'

export interface LaneOptions {
  /**
   * What the work calls the chain that gets the bytes of the slots in order, see `Work.advance`. Default: there is none.
   */
  readonly chain?: number | undefined
  /**
   * Gets each slot when everything in it is done, in the order in which they were published. Its memory is used anew
   * afterwards. What it throws comes out of `take` or `drain`.
   */
  onDone(slot: DoneSlot): void | Promise<void>
}

/** A slot that is being filled. */
export interface Slot {
  /** Which it is, while it is not given back. */
  readonly index: number
  /** SLOT_SIZE bytes, of unknown content. */
  readonly data: Uint8Array
  /**
   * Adds a job over `length` bytes from `offset`. Returns its number in the slot; undefined when the table is full.
   */
  add(kind: number, offset: number, length: number): number | undefined
}

/** A slot in which all is done. */
export interface DoneSlot {
  readonly index: number
  readonly data: Uint8Array
  /** What the job left: RESULT_SIZE bytes, valid during the call. */
  result(job: number): Uint8Array
  hasFailed(job: number): boolean
  /** The first failure of the slot; of others only that they happened is known. */
  readonly failure: { readonly job: number; readonly failure: Failure } | undefined
}

/**
 * Slots that one feeder fills, one after the other, and gets back in that order. All calls come from that feeder, one at
 * a time.
 */
export class Lane {
  readonly #slots: Slots
  readonly #options: LaneOptions & { readonly index: number | undefined }
  readonly #published: FilledSlot[] = []
  #filling: FilledSlot | undefined
  #place = 0
  #hasEnded = false

  /** For `Slots.lane`. */
  constructor(slots: Slots, options: LaneOptions & { readonly index: number | undefined }) {
    this.#slots = slots
    this.#options = options
  }

  /**
   * A free slot. Until there is one, this thread completes slots of the lane and works with the helpers: a feeder cannot
   * run ahead of them by more than there are slots.
   *
   * @throws what `onDone` throws; an error when a helper has died
   */
  async take(): Promise<Slot> {
    if (this.#filling !== undefined) throw new TypeError('a slot is being filled')
    for (;;) {
      const turn = this.#slots.turn()
      if (turn !== undefined) await turn
      const seen = this.#slots.doneCount
      await this.#complete()
      const index = this.#slots.takeFree()
      if (index !== undefined) {
        this.#filling = new FilledSlot(this.#slots, index)
        return this.#filling
      }
      if (!this.#slots.steal()) await this.#slots.wait(seen)
    }
  }

  /**
   * Hands the slot that is being filled to whoever works. Its bytes must not change any more.
   *
   * @param chained the bytes that the chain gets
   */
  publish(chained?: { readonly start: number; readonly end: number }): void {
    const slot = this.#filling
    if (slot === undefined) throw new TypeError('no slot is being filled')
    this.#filling = undefined
    const chain = this.#options.index
    slot.publish(
      this.#slots.nextAge(),
      chain === undefined || chained === undefined
        ? undefined
        : { chain, place: this.#place++, ...chained },
    )
    this.#published.push(slot)
    this.#slots.announce()
  }

  /**
   * Completes all slots and ends the lane.
   *
   * @throws what `take` throws
   */
  async drain(): Promise<void> {
    this.#dropFilling()
    for (;;) {
      const turn = this.#slots.turn()
      if (turn !== undefined) await turn
      const seen = this.#slots.doneCount
      await this.#complete()
      if (this.#published.length === 0) break
      if (!this.#slots.steal()) await this.#slots.wait(seen)
    }
    this.#end()
  }

  /** Ends the lane without `onDone`: what nobody has begun is left, what is being done is waited for. Never throws. */
  async abort(): Promise<void> {
    if (this.#hasEnded) return
    this.#dropFilling()
    for (const slot of this.#published) slot.giveUp()
    while (this.#published.length > 0) {
      const seen = this.#slots.doneCount
      const [oldest] = this.#published
      // A thread that died does nothing any more, and nobody else uses these slots again.
      if (this.#slots.hasFailed) break
      if (oldest?.isDone) {
        this.#slots.release(oldest.index)
        this.#published.shift()
      } else await this.#slots.wait(seen)
    }
    this.#end()
  }

  async #complete(): Promise<void> {
    this.#slots.assertAlive()
    for (;;) {
      const [oldest] = this.#published
      if (oldest === undefined || !oldest.isDone) return
      await this.#options.onDone(oldest)
      this.#published.shift()
      this.#slots.release(oldest.index)
    }
  }

  #dropFilling(): void {
    if (this.#filling === undefined) return
    this.#slots.release(this.#filling.index)
    this.#filling = undefined
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#slots.endLane(this.#options.index)
  }
}

/** The owner's view of one use of a slot. */
class FilledSlot implements Slot, DoneSlot {
  readonly index: number
  readonly data: Uint8Array
  readonly #slots: Slots
  readonly #words: Int32Array
  readonly #jobs: Int32Array
  #count = 0

  constructor(slots: Slots, index: number) {
    const { memory } = slots
    this.#slots = slots
    this.index = index
    this.data = memory.data(index)
    this.#words = memory.words(index)
    this.#jobs = memory.jobs(index)
  }

  add(kind: number, offset: number, length: number): number | undefined {
    if (this.#count === JOBS_MAX) return undefined
    if (offset < 0 || length < 0 || offset + length > SLOT_SIZE) {
      throw new RangeError(`a job over bytes ${offset} to ${offset + length} of a slot`)
    }
    const job = this.#count++
    const at = job * JOB_WORDS
    this.#jobs[at + JobWord.kind] = kind
    this.#jobs[at + JobWord.offset] = offset
    this.#jobs[at + JobWord.length] = length
    this.#jobs[at + JobWord.failed] = 0
    this.#slots.memory.result(this.index, job).fill(0)
    return job
  }

  publish(
    age: number,
    link: { chain: number; place: number; start: number; end: number } | undefined,
  ): void {
    const words = this.#words
    const closed = Atomics.load(words, SlotWord.claim)
    Atomics.store(words, SlotWord.failure, 0)
    Atomics.store(words, SlotWord.failureLength, 0)
    Atomics.store(words, SlotWord.count, this.#count)
    Atomics.store(words, SlotWord.left, this.#count + (link === undefined ? 0 : 1))
    Atomics.store(words, SlotWord.age, age)
    if (link !== undefined) {
      Atomics.store(words, SlotWord.chain, link.chain)
      Atomics.store(words, SlotWord.place, link.place)
      Atomics.store(words, SlotWord.start, link.start)
      Atomics.store(words, SlotWord.end, link.end)
      Atomics.store(words, SlotWord.link, age)
    }
    // Last of all: from here on others work on it.
    Atomics.store(words, SlotWord.claim, claimWord(generationOf(closed), 0))
  }

  get isDone(): boolean {
    if (Atomics.load(this.#words, SlotWord.left) !== 0) return false
    this.#close()
    return true
  }

  result(job: number): Uint8Array {
    return this.#slots.memory.result(this.index, job)
  }

  hasFailed(job: number): boolean {
    return this.#jobs[job * JOB_WORDS + JobWord.failed] === 1
  }

  get failure(): { readonly job: number; readonly failure: Failure } | undefined {
    const job = Atomics.load(this.#words, SlotWord.failure)
    if (job === 0) return undefined
    const length = Atomics.load(this.#words, SlotWord.failureLength)
    const text = this.#slots.memory.failureText(this.index).subarray(0, length)
    return { job: job - 1, failure: decodeFailure(text) }
  }

  /** Takes back what nobody has begun. */
  giveUp(): void {
    const { memory } = this.#slots
    const words = this.#words
    for (;;) {
      const claim = Atomics.load(words, SlotWord.claim)
      const rest = Atomics.load(words, SlotWord.count) - nextOf(claim)
      if (rest <= 0) break
      const closed = closedClaim(generationOf(claim))
      if (Atomics.compareExchange(words, SlotWord.claim, claim, closed) !== claim) continue
      finish(memory, this.index, rest)
      break
    }
    const link = Atomics.load(words, SlotWord.link)
    if (link === 0 || Atomics.compareExchange(words, SlotWord.link, link, 0) !== link) return
    finish(memory, this.index, 1)
  }

  /** Nothing of this use can be claimed from now on: the next use has another generation. */
  #close(): void {
    const claim = Atomics.load(this.#words, SlotWord.claim)
    Atomics.store(this.#words, SlotWord.claim, closedClaim(generationOf(claim) + 1))
  }
}
