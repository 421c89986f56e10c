import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { type DoneSlot, type Lane, type Slot, Slots } from '../src/index.ts'
import { createCheckedWork, Shared } from './checked-work.ts'
import { startWorker } from './start-worker.ts'

export interface TestSlots {
  readonly slots: Slots
  readonly shared: Shared
  readonly workers: readonly Worker[]
}

export interface TestSlotsOptions {
  readonly threads?: number
  readonly slotCount?: number
  /** What the helpers do instead: 'throws', 'exits'. */
  readonly behaviour?: string
  /** Default: the helpers are started here. */
  readonly startAtOnce?: boolean
}

/** Slots with helpers that check what they get. They are closed at the end of the test. */
export function openSlots(options: TestSlotsOptions = {}): TestSlots {
  const created = createSlots(options)
  onTestFinished(async () => {
    created.shared.openGate()
    await created.slots.close()
  })
  return created
}

/** The same; the caller closes them. */
export function createSlots(options: TestSlotsOptions): TestSlots {
  const { threads = 0, slotCount, behaviour, startAtOnce } = options
  const shared = new Shared()
  const workers: Worker[] = []
  const slots = new Slots({
    slotCount,
    createWork: () => createCheckedWork(shared, false),
    helpers: {
      threads,
      createWorker(memory) {
        const worker = startWorker(memory, shared, behaviour)
        workers.push(worker)
        return worker
      },
      startAtOnce,
    },
  })
  if (startAtOnce === undefined) slots.startHelpers()
  return { slots, shared, workers }
}

/** Fills `count` slots of a lane. */
export async function feed(
  lane: Lane,
  count: number,
  fill: (slot: Slot, number: number) => { start: number; end: number } | undefined,
): Promise<void> {
  for (let number = 0; number < count; number++) {
    lane.publish(undefined, fill(await lane.take(), number))
  }
}

export function resultOf(slot: DoneSlot, job: number): { digest: string; stamp: number } {
  const result = slot.result(job)
  return {
    digest: Buffer.from(result.slice(0, 32)).toString('hex'),
    stamp: new DataView(result.buffer, result.byteOffset).getUint32(32),
  }
}

/** Lets the event loop turn until something has come about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
}
