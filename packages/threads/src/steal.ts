import { nextOf } from './claim.ts'
import { encodeFailure } from './failure.ts'
import { Control, JOB_WORDS, JobWord, type SlotMemory, SlotWord } from './slot-memory.ts'
import type { Work } from './work.ts'

/** Jobs that a thread claims at once: claiming one costs a good part of hashing a small file. */
const BATCH = 8

/** In the place of the number of a job: the failure is the chain's. */
const CHAIN = -2

/**
 * Does a part of what waits in the slots, and returns false when there is nothing to do now. All threads do this, each
 * at any time; the protocol is in docs/threads.md.
 */
export function steal(memory: SlotMemory, work: Work): boolean {
  // A chain is the one thing that cannot be spread: whoever comes first goes on with it.
  return stealLink(memory, work) || stealJobs(memory, work)
}

/** Gives the next bytes of a chain to it. */
function stealLink(memory: SlotMemory, work: Work): boolean {
  for (let slot = 0; slot < memory.slotCount; slot++) {
    const words = memory.words(slot)
    const link = Atomics.load(words, SlotWord.link)
    if (link === 0) continue
    const chain = Atomics.load(words, SlotWord.chain)
    const place = Atomics.load(words, SlotWord.place)
    const start = Atomics.load(words, SlotWord.start)
    const end = Atomics.load(words, SlotWord.end)
    if (Atomics.load(memory.chainPlaces, chain) !== place) continue
    // No other publication has this number, so what was read above belongs to it.
    if (Atomics.compareExchange(words, SlotWord.link, link, 0) !== link) continue
    try {
      const handle = memory.chainHandles[chain] as number
      work.advance(handle, memory.data(slot).subarray(start, end))
    } catch (error) {
      noteFailure(memory, slot, CHAIN, error)
      Atomics.store(words, SlotWord.chainFailed, 1)
    }
    // Before the slot can be done: a chain whose slots are all done is nobody's.
    Atomics.store(memory.chainPlaces, chain, place + 1)
    finish(memory, slot, 1)
    return true
  }
  return false
}

function stealJobs(memory: SlotMemory, work: Work): boolean {
  for (;;) {
    const slot = oldestWithJobs(memory)
    if (slot === undefined) return false
    const words = memory.words(slot)
    const claim = Atomics.load(words, SlotWord.claim)
    const next = nextOf(claim)
    // Where the slot was used anew in between, this count is not of that claim; but then the exchange fails.
    const count = Math.min(BATCH, Atomics.load(words, SlotWord.count) - next)
    if (count <= 0) continue
    if (Atomics.compareExchange(words, SlotWord.claim, claim, claim + count) !== claim) continue
    for (let job = next; job < next + count; job++) runJob(memory, slot, job, work)
    finish(memory, slot, count)
    return true
  }
}

/** The slot that has waited longest for somebody to claim its jobs. A guess: it may change at any time. */
function oldestWithJobs(memory: SlotMemory): number | undefined {
  let oldest: number | undefined
  let oldestAge = 0
  for (let slot = 0; slot < memory.slotCount; slot++) {
    const words = memory.words(slot)
    const next = nextOf(Atomics.load(words, SlotWord.claim))
    if (next >= Atomics.load(words, SlotWord.count)) continue
    const age = Atomics.load(words, SlotWord.age)
    // Ages go round: what counts is which is behind the other.
    if (oldest !== undefined && ((age - oldestAge) | 0) > 0) continue
    oldest = slot
    oldestAge = age
  }
  return oldest
}

function runJob(memory: SlotMemory, slot: number, job: number, work: Work): void {
  const jobs = memory.jobs(slot)
  const at = job * JOB_WORDS
  const offset = jobs[at + JobWord.offset] as number
  const length = jobs[at + JobWord.length] as number
  try {
    const data = memory.data(slot).subarray(offset, offset + length)
    work.run(jobs[at + JobWord.kind] as number, data, memory.result(slot, job))
  } catch (error) {
    jobs[at + JobWord.failed] = 1
    noteFailure(memory, slot, job, error)
  }
}

/** Keeps the first failure of a slot. */
function noteFailure(memory: SlotMemory, slot: number, job: number, error: unknown): void {
  const words = memory.words(slot)
  if (Atomics.compareExchange(words, SlotWord.failure, 0, job + 1) !== 0) return
  const text = encodeFailure(error)
  memory.failureText(slot).set(text)
  Atomics.store(words, SlotWord.failureLength, text.length)
}

/**
 * Takes down that parts of a slot are done. All that was written before is seen by who sees the slot done; whoever took
 * the parts must not touch the slot any more.
 */
export function finish(memory: SlotMemory, slot: number, parts: number): void {
  const before = Atomics.sub(memory.words(slot), SlotWord.left, parts)
  if (before !== parts) return
  Atomics.add(memory.control, Control.done, 1)
  Atomics.notify(memory.control, Control.done)
}
