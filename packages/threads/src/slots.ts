import type { Worker } from 'node:worker_threads'
import { Lane, type LaneOptions } from './lane.ts'
import type { SharedSlots } from './slot-memory.ts'
import { SlotPool } from './slot-pool.ts'
import type { Work } from './work.ts'

/** Slots without helpers: one is filled while others wait for their lanes. */
const SLOTS_ALONE = 4
/** Slots with helpers: more do not win anything, half of them cost a twentieth. */
const SLOTS_SHARED = 16
/** With many helpers a slot is done sooner, and memory goes to the threads. */
const SLOTS_MANY_HELPERS = 8

/** Who works on slots, and how many there are. */
export interface SlotsOptions {
  /** Does the jobs in this thread. Asked for with the first job. */
  createWork(): Work
  /** Threads beside this one. Default: none. */
  readonly helpers?: HelpersOptions | undefined
  /** Slots of 1 MiB. Default: 4 without helpers, 16 with some, 8 with more than two. */
  readonly slotCount?: number | undefined
}

/** The threads beside this one, and how one starts. */
export interface HelpersOptions {
  /** Most threads beside this one. */
  readonly threads: number
  /** Starts a thread that calls `serveSlots`, and ends when that returns. */
  createWorker(slots: SharedSlots): Worker
  /** True to start them with the first lane, whatever there is to do. Default: `startHelpers` does. */
  readonly startAtOnce?: boolean | undefined
}

/**
 * Memory in pieces of 1 MiB that are filled by lanes and worked on by this thread and its helpers.
 *
 * Nothing is allocated before the first lane is opened. Helpers start with `startHelpers`; without it, or without any,
 * all the same is done by this thread. Between lanes helpers keep no process alive, but a process that ends while one
 * is at work can hang: `close` waits for them.
 *
 * @example
 * await using slots = new Slots({ createWork })
 * const lane = slots.lane({ onDone: slot => digests.push(slot.result(0).slice()) })
 */
export class Slots implements AsyncDisposable {
  readonly #options: SlotsOptions
  #ownPool: SlotPool | undefined
  #hasStarted = false
  #isClosed = false

  constructor(options: SlotsOptions) {
    this.#options = options
  }

  /** Threads that work beside this one now. */
  get helperCount(): number {
    return this.#ownPool?.helpers.count ?? 0
  }

  /**
   * Starts the helpers, as many as there may be: to be called when there is work that earns back their start. Later
   * calls do nothing.
   *
   * @throws what `createWorker` throws; the helpers before that one work
   */
  startHelpers(): void {
    const { helpers } = this.#options
    if (helpers === undefined || helpers.threads === 0 || this.#hasStarted || this.#isClosed) return
    this.#hasStarted = true
    const pool = this.#pool()
    while (pool.helpers.count < helpers.threads) {
      pool.helpers.add(helpers.createWorker(pool.shared))
    }
  }

  /**
   * Opens a row of slots for one feeder. It ends with `drain` or `abort`.
   *
   * @throws an error when a helper has died
   */
  lane<Note = void>(options: LaneOptions<Note>): Lane<Note> {
    if (this.#isClosed) throw new TypeError('the slots are closed')
    if (this.#options.helpers?.startAtOnce) this.startHelpers()
    return new Lane(this.#pool(), options)
  }

  /** Ends the helpers, and waits until they have ended. Lanes that are open fail; they are still to be aborted. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#ownPool?.fail(new Error('the slots have been closed'))
    await this.#ownPool?.helpers.ended()
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #pool(): SlotPool {
    this.#ownPool ??= new SlotPool(this.#slotCount(), () => this.#options.createWork())
    return this.#ownPool
  }

  #slotCount(): number {
    const { slotCount, helpers } = this.#options
    const threads = helpers?.threads ?? 0
    return (
      slotCount ?? (threads === 0 ? SLOTS_ALONE : threads > 2 ? SLOTS_MANY_HELPERS : SLOTS_SHARED)
    )
  }
}
