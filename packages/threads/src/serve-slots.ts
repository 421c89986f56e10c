import { Control, type SharedSlots, SlotMemory } from './slot-memory.ts'
import { steal } from './steal.ts'
import type { Work } from './work.ts'

/** Longest sleep of a helper while lanes are open, in ms: so long a link of a chain waits that nobody announced. */
const NAP = 20
/** Longest sleep while none is, in ms. Whatever comes wakes it sooner. */
const IDLE_NAP = 10_000

/**
 * Works on slots until their owner closes them: all that a helper thread does. It blocks its thread.
 *
 * @example
 * serveSlots(workerData.slots, createWork(workerData.setup))
 */
export function serveSlots(slots: SharedSlots, work: Work): void {
  const memory = new SlotMemory(slots)
  const { control } = memory
  for (;;) {
    // Read before looking: what comes while it looks changes this word, and then there is no sleep.
    const seen = Atomics.load(control, Control.work)
    if (Atomics.load(control, Control.quit) !== 0) return
    if (steal(memory, work)) continue
    const nap = Atomics.load(control, Control.lanes) === 0 ? IDLE_NAP : NAP
    Atomics.wait(control, Control.work, seen, nap)
  }
}
