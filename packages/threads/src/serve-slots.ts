import { Control, type SharedSlots, SlotMemory } from './slot-memory.ts'
import { steal } from './steal.ts'
import type { Work } from './work.ts'

/** Longest sleep of a helper, in ms. A wake-up that is lost costs no more. */
const NAP = 20

/**
 * Works on slots until their owner closes them: all that a helper thread does. It blocks its thread.
 *
 * @example
 * serveSlots(workerData.slots, createWork(workerData.setup))
 */
export function serveSlots(slots: SharedSlots, work: Work): void {
  const memory = new SlotMemory(slots)
  const { control } = memory
  while (Atomics.load(control, Control.quit) === 0) {
    const seen = Atomics.load(control, Control.work)
    if (!steal(memory, work)) Atomics.wait(control, Control.work, seen, NAP)
  }
}
