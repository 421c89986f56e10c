import type { Worker } from 'node:worker_threads'
import { type SharedSlots, Slots, type Work } from '@composefs/threads'
import type { ObjectWorkSetup } from './object-work.ts'

/** Threads that do object jobs beside this one. */
export interface ObjectHelpers {
  /** Most of them. */
  readonly threads: number
  /** Starts a thread that runs `serveSlots(slots, createObjectWork(setup, …))`. */
  createWorker(data: { readonly slots: SharedSlots; readonly setup: ObjectWorkSetup }): Worker
  /** Mebibytes of memory that they share. Default: as many as they make use of. */
  readonly slotCount?: number
  /** True to start the threads with the first work, however little it is. */
  readonly startAtOnce?: boolean
}

/** How object jobs are done: by this thread, and by its helpers, which are told what `setup` says. */
export interface ObjectSlotsOptions {
  createWork(): Work
  readonly helpers: ObjectHelpers | undefined
  readonly setup: ObjectWorkSetup
}

/** Makes slots for object jobs. */
export function createObjectSlots({ createWork, helpers, setup }: ObjectSlotsOptions): Slots {
  if (helpers === undefined) return new Slots({ createWork })
  return new Slots({
    createWork,
    slotCount: helpers.slotCount,
    helpers: {
      threads: helpers.threads,
      createWorker: slots => helpers.createWorker({ slots, setup }),
      startAtOnce: helpers.startAtOnce,
    },
  })
}
