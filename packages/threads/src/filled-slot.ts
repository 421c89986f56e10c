import { claimWord, closedClaim, generationOf, nextOf } from './claim.ts'
import { decodeFailure, type Failure, toError } from './failure.ts'
import {
  JOB_WORDS,
  JOBS_MAX,
  JobWord,
  RESULT_SIZE,
  SLOT_SIZE,
  type SlotMemory,
  SlotWord,
} from './slot-memory.ts'
import { finish } from './steal.ts'

/** A slot that is being filled. */
export interface Slot {
  /** SLOT_SIZE bytes, of unknown content. */
  readonly data: Uint8Array
  /**
   * Adds a job over `length` bytes from `offset`. Returns its number in the slot; undefined when the table is full.
   */
  add(kind: number, offset: number, length: number): number | undefined
}

/** A slot in which all is done. */
export interface DoneSlot {
  readonly data: Uint8Array
  /** What the job left: RESULT_SIZE bytes, valid during the call. */
  result(job: number): Uint8Array
  /** True for a job that threw. Its result means nothing. */
  hasFailed(job: number): boolean
  /** The first failure of a job of the slot; of others only that they happened is known. */
  readonly failure: { readonly job: number; readonly failure: Failure } | undefined
}

/** The bytes of a slot that a chain gets, and at which place. */
export interface Link {
  readonly chain: number
  readonly place: number
  readonly start: number
  readonly end: number
}

/** The owner's side of one use of a slot: filled, published, and done or given up. */
export class FilledSlot implements Slot, DoneSlot {
  /** Which it is, while it is not given back. */
  readonly index: number
  readonly data: Uint8Array
  readonly #memory: SlotMemory
  readonly #words: Int32Array
  readonly #jobs: Int32Array
  #count = 0
  #isPublished = false

  constructor(memory: SlotMemory, index: number) {
    this.#memory = memory
    this.index = index
    this.data = memory.data(index)
    this.#words = memory.words(index)
    this.#jobs = memory.jobs(index)
  }

  add(kind: number, offset: number, length: number): number | undefined {
    if (this.#isPublished) throw new TypeError('the slot is not being filled any more')
    if (this.#count === JOBS_MAX) return undefined
    assertInside(offset, offset + length)
    const job = this.#count++
    const at = job * JOB_WORDS
    this.#jobs[at + JobWord.kind] = kind
    this.#jobs[at + JobWord.offset] = offset
    this.#jobs[at + JobWord.length] = length
    this.#jobs[at + JobWord.failed] = 0
    this.#memory.results(this.index).fill(0, job * RESULT_SIZE, (job + 1) * RESULT_SIZE)
    return job
  }

  /** Lets others work on it. `age` is a number that no other publication has, and not 0. */
  publish(age: number, link: Link | undefined): void {
    if (link !== undefined) assertInside(link.start, link.end)
    this.#isPublished = true
    const words = this.#words
    const generation = generationOf(Atomics.load(words, SlotWord.claim)) + 1
    // First of all: with the claim of the last use, the new number of jobs would look like work.
    Atomics.store(words, SlotWord.claim, closedClaim(generation))
    Atomics.store(words, SlotWord.failure, 0)
    Atomics.store(words, SlotWord.failureLength, 0)
    Atomics.store(words, SlotWord.chainFailed, 0)
    Atomics.store(words, SlotWord.count, this.#count)
    Atomics.store(words, SlotWord.left, this.#count + (link === undefined ? 0 : 1))
    Atomics.store(words, SlotWord.age, age)
    if (link !== undefined) {
      Atomics.store(words, SlotWord.chain, link.chain)
      Atomics.store(words, SlotWord.place, link.place)
      Atomics.store(words, SlotWord.start, link.start)
      Atomics.store(words, SlotWord.end, link.end)
      // From here on the chain may take it.
      Atomics.store(words, SlotWord.link, age)
    }
    // Last of all: from here on others do its jobs.
    Atomics.store(words, SlotWord.claim, claimWord(generation, 0))
  }

  /** Nobody works on it any more. */
  get isDone(): boolean {
    return Atomics.load(this.#words, SlotWord.left) === 0
  }

  result(job: number): Uint8Array {
    return this.#memory.result(this.index, job)
  }

  hasFailed(job: number): boolean {
    return this.#jobs[job * JOB_WORDS + JobWord.failed] === 1
  }

  get failure(): { readonly job: number; readonly failure: Failure } | undefined {
    const word = Atomics.load(this.#words, SlotWord.failure)
    return word > 0 ? { job: word - 1, failure: this.#firstFailure() } : undefined
  }

  /** Why the chain could not take the bytes: the first failure of the slot, which is the chain's own or came before it. */
  get chainError(): Error | undefined {
    if (Atomics.load(this.#words, SlotWord.chainFailed) === 0) return undefined
    return toError(this.#firstFailure())
  }

  /** Takes back what nobody has begun. What is being done goes on: the slot is free when it is done. */
  giveUp(): void {
    this.#giveUpJobs()
    const link = Atomics.load(this.#words, SlotWord.link)
    if (link === 0 || Atomics.compareExchange(this.#words, SlotWord.link, link, 0) !== link) return
    finish(this.#memory, this.index, 1)
  }

  #giveUpJobs(): void {
    const words = this.#words
    for (;;) {
      const claim = Atomics.load(words, SlotWord.claim)
      const rest = this.#count - nextOf(claim)
      if (rest <= 0) return
      const closed = closedClaim(generationOf(claim))
      if (Atomics.compareExchange(words, SlotWord.claim, claim, closed) !== claim) continue
      finish(this.#memory, this.index, rest)
      return
    }
  }

  #firstFailure(): Failure {
    const length = Atomics.load(this.#words, SlotWord.failureLength)
    return decodeFailure(this.#memory.failureText(this.index).subarray(0, length))
  }
}

function assertInside(start: number, end: number): void {
  if (start >= 0 && start <= end && end <= SLOT_SIZE) return
  throw new RangeError(`bytes ${start} to ${end} of a slot of ${SLOT_SIZE}`)
}
