/** Bytes of data in a slot. */
export const SLOT_SIZE: number = 1 << 20

/** Most jobs in a slot: more than the files of an ordinary layer in so many bytes. */
export const JOBS_MAX = 480

/** Bytes of the result of a job: the longest digest, and room for what else there is to say. */
export const RESULT_SIZE = 72

/** Bytes of the text of a slot's first failure. */
export const FAILURE_SIZE = 4096

/** Most lanes with a chain at a time. */
export const CHAINS_MAX = 64

/** Words that belong to no slot. */
export const Control = {
  /** Not 0: helpers are to end. */
  quit: 0,
  /** Counts what came for helpers; they wait for it to change. */
  work: 1,
  /** Counts slots that became done; owners wait for it to change. */
  done: 2,
} as const
const CONTROL_WORDS = 4

/** Words of a slot. */
export const SlotWord = {
  /** Generation and next job, see {@link claimWord}. */
  claim: 0,
  /** Jobs in the table. */
  count: 1,
  /** Jobs that are not done, and one for the chain while it has not got the slot's bytes. */
  left: 2,
  /** A number that no other publication has while the chain waits for the slot, else 0. */
  link: 3,
  /** Which chain, which place in it, and which bytes of the slot. */
  chain: 4,
  place: 5,
  start: 6,
  end: 7,
  /** Grows with each publication: the oldest slot is helped first. */
  age: 8,
  /** Number of the job whose failure is in the slot's text, and 1 more; 0: none. */
  failure: 9,
  failureLength: 10,
} as const
const SLOT_WORDS = 12

/** Words of a job. */
export const JobWord = { kind: 0, offset: 1, length: 2, failed: 3 } as const
export const JOB_WORDS = 4

/** What a thread needs to see the same slots. Goes through `postMessage` or `workerData`. */
export interface SharedSlots {
  readonly memory: SharedArrayBuffer
  readonly slotCount: number
}

/** The views over shared memory: nothing here decides anything. */
export class SlotMemory {
  readonly slotCount: number
  readonly control: Int32Array
  /** The place in each chain whose bytes come next. */
  readonly chainPlaces: Int32Array
  /** What the work calls each chain. */
  readonly chainHandles: Float64Array
  readonly #words: readonly Int32Array[]
  readonly #jobs: readonly Int32Array[]
  readonly #data: readonly Uint8Array[]
  readonly #results: readonly Uint8Array[]
  readonly #failures: readonly Uint8Array[]

  constructor({ memory, slotCount }: SharedSlots) {
    this.slotCount = slotCount
    let end = 0
    const take = (bytes: number): number => {
      const start = end
      end += Math.ceil(bytes / 64) * 64
      return start
    }
    const bytes = (size: number) => new Uint8Array(memory, take(size), size)
    const words = (count: number) => new Int32Array(memory, take(count * 4), count)
    const perSlot = <T>(view: () => T): T[] => Array.from({ length: slotCount }, view)
    this.control = words(CONTROL_WORDS)
    this.chainPlaces = words(CHAINS_MAX)
    this.chainHandles = new Float64Array(memory, take(CHAINS_MAX * 8), CHAINS_MAX)
    this.#words = perSlot(() => words(SLOT_WORDS))
    this.#jobs = perSlot(() => words(JOBS_MAX * JOB_WORDS))
    this.#results = perSlot(() => bytes(JOBS_MAX * RESULT_SIZE))
    this.#failures = perSlot(() => bytes(FAILURE_SIZE))
    this.#data = perSlot(() => bytes(SLOT_SIZE))
  }

  /** New memory for so many slots, all of them free. */
  static create(slotCount: number): SharedSlots {
    const size = 64 * (3 + slotCount * 5) + CHAINS_MAX * 12 + slotCount * SLOT_BYTES
    const memory = new SharedArrayBuffer(Math.ceil(size / 64) * 64)
    const slots = { memory, slotCount }
    const views = new SlotMemory(slots)
    for (let slot = 0; slot < slotCount; slot++) {
      Atomics.store(views.words(slot), SlotWord.claim, closedClaim(0))
    }
    return slots
  }

  words(slot: number): Int32Array {
    return this.#words[slot] as Int32Array
  }

  jobs(slot: number): Int32Array {
    return this.#jobs[slot] as Int32Array
  }

  data(slot: number): Uint8Array {
    return this.#data[slot] as Uint8Array
  }

  result(slot: number, job: number): Uint8Array {
    const results = this.#results[slot] as Uint8Array
    return results.subarray(job * RESULT_SIZE, (job + 1) * RESULT_SIZE)
  }

  failureText(slot: number): Uint8Array {
    return this.#failures[slot] as Uint8Array
  }
}

const SLOT_BYTES =
  SLOT_SIZE + SLOT_WORDS * 4 + JOBS_MAX * (JOB_WORDS * 4 + RESULT_SIZE) + FAILURE_SIZE

const NEXT_BITS = 16
const NEXT_MASK = (1 << NEXT_BITS) - 1
/** A word stays a positive number. */
const GENERATION_MASK = (1 << 15) - 1

/**
 * The claim of a slot: which of its jobs is the next that nobody does, tagged with the number of times the slot was
 * used. A thread that looked at a slot before it was used anew cannot claim a job of it: its word is an old one.
 */
export function claimWord(generation: number, next: number): number {
  return ((generation & GENERATION_MASK) << NEXT_BITS) | next
}

/** A claim with nothing to claim. */
export function closedClaim(generation: number): number {
  return claimWord(generation, NEXT_MASK)
}

export function nextOf(claim: number): number {
  return claim & NEXT_MASK
}

export function generationOf(claim: number): number {
  return claim >>> NEXT_BITS
}
