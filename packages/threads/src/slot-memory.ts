/** Bytes of data in a slot. */
export const SLOT_SIZE: number = 1 << 20

/** Most jobs in a slot: more than the files of an ordinary layer in so many bytes. */
export const JOBS_MAX = 480

/** Bytes of the result of a job: the longest digest, and room for what else there is to say. */
export const RESULT_SIZE = 72

/** Bytes of the text of a slot's first failure. */
export const FAILURE_SIZE = 4096

/** Most lanes with a chain at a time: more than anybody has layers on their way. */
export const CHAINS_MAX = 1024

/** Words that belong to no slot. */
export const Control = {
  /** Not 0: helpers are to end. */
  quit: 0,
  /** Counts what came for helpers; they wait for it to change. */
  work: 1,
  /** Counts slots that became done; the owner waits for it to change. */
  done: 2,
  /** Lanes that are open: without any, helpers sleep long. */
  lanes: 3,
} as const
const CONTROL_WORDS = 4

/** Words of a slot. */
export const SlotWord = {
  /** Generation and next job, see claim.ts. */
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
  /** What the slot's text is about: number of the job and 1 more; -1: the chain; 0: nothing has failed. */
  failure: 9,
  failureLength: 10,
  /** 1: the chain could not take the slot's bytes. */
  chainFailed: 11,
} as const
/** A cache line: threads that work on neighbours do not disturb each other. */
const SLOT_WORDS = 16

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
  readonly #results: readonly Uint8Array[]
  readonly #failures: readonly Uint8Array[]
  readonly #data: readonly Uint8Array[]

  constructor({ memory, slotCount }: SharedSlots) {
    this.slotCount = slotCount
    const place = createPlaces()
    const bytes = (size: number) => new Uint8Array(memory, place(size), size)
    const words = (count: number) => new Int32Array(memory, place(count * 4), count)
    const perSlot = <T>(view: () => T): T[] => Array.from({ length: slotCount }, view)
    this.control = words(CONTROL_WORDS)
    this.chainPlaces = words(CHAINS_MAX)
    this.chainHandles = new Float64Array(memory, place(CHAINS_MAX * 8), CHAINS_MAX)
    this.#words = perSlot(() => words(SLOT_WORDS))
    this.#jobs = perSlot(() => words(JOBS_MAX * JOB_WORDS))
    this.#results = perSlot(() => bytes(JOBS_MAX * RESULT_SIZE))
    this.#failures = perSlot(() => bytes(FAILURE_SIZE))
    this.#data = perSlot(() => bytes(SLOT_SIZE))
  }

  /** New memory for so many slots. Zeros are free slots without jobs. */
  static create(slotCount: number): SharedSlots {
    if (!Number.isInteger(slotCount) || slotCount < 1) throw new RangeError(`${slotCount} slots`)
    return { memory: new SharedArrayBuffer(FIXED_SIZE + slotCount * SIZE_PER_SLOT), slotCount }
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

  results(slot: number): Uint8Array {
    return this.#results[slot] as Uint8Array
  }

  result(slot: number, job: number): Uint8Array {
    return this.results(slot).subarray(job * RESULT_SIZE, (job + 1) * RESULT_SIZE)
  }

  failureText(slot: number): Uint8Array {
    return this.#failures[slot] as Uint8Array
  }
}

/** Wakes the helpers. */
export function announce(control: Int32Array): void {
  Atomics.add(control, Control.work, 1)
  Atomics.notify(control, Control.work)
}

const CACHE_LINE = 64

/** Gives out memory from its begin, in whole cache lines. */
function createPlaces(): (size: number) => number {
  let end = 0
  return size => {
    const start = end
    end += Math.ceil(size / CACHE_LINE) * CACHE_LINE
    return start
  }
}

const FIXED_SIZE = sizeOf([CONTROL_WORDS * 4, CHAINS_MAX * 4, CHAINS_MAX * 8])
const SIZE_PER_SLOT = sizeOf([
  SLOT_WORDS * 4,
  JOBS_MAX * JOB_WORDS * 4,
  JOBS_MAX * RESULT_SIZE,
  FAILURE_SIZE,
  SLOT_SIZE,
])

function sizeOf(parts: readonly number[]): number {
  const place = createPlaces()
  for (const size of parts) place(size)
  return place(0)
}
