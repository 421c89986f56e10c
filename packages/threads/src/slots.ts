import type { Worker } from 'node:worker_threads'
import { Helpers } from './helpers.ts'
import { Lane, type LaneOptions } from './lane.ts'
import { CHAINS_MAX, Control, type SharedSlots, SlotMemory } from './slot-memory.ts'
import { steal } from './steal.ts'
import type { Work } from './work.ts'

/** Slots without helpers: one is filled while others wait for their lanes. */
const SLOTS_ALONE = 4
/** Slots with helpers: more do not win anything, half of them cost a twentieth. */
const SLOTS_SHARED = 16
/** With many helpers a slot is done sooner, and memory goes to the threads. */
const SLOTS_MANY_HELPERS = 8
/** Longest wait for a helper without looking again, in ms. A wake-up that is lost costs no more. */
const NAP = 5
/** Longest time that nothing else in this thread gets a turn, in ms. */
const TURN = 10

export interface SlotsOptions {
  /** Does the jobs in this thread. Asked for with the first job. */
  createWork(): Work
  /** Threads beside this one. Default: none. */
  readonly helpers?: HelpersOptions | undefined
  /** Slots of 1 MiB. Default: 4 without helpers, 16 with some, 8 with more than two. */
  readonly slotCount?: number | undefined
}

export interface HelpersOptions {
  /** Most threads beside this one. */
  readonly threads: number
  /** Starts a thread that calls `serveSlots`. */
  createWorker(slots: SharedSlots): Worker
}

/**
 * Memory in pieces of 1 MiB that are filled by lanes and worked on by this thread and its helpers.
 *
 * Nothing is allocated before the first lane is opened. Helpers start when `expect` is told of enough work.
 *
 * @example
 * await using slots = new Slots({ createWork })
 * const lane = slots.lane({ onDone: slot => digests.push(slot.result(0).slice()) })
 */
export class Slots implements AsyncDisposable {
  readonly #options: SlotsOptions
  #memory: SlotMemory | undefined
  #shared: SharedSlots | undefined
  #work: Work | undefined
  #helpers: Helpers | undefined
  readonly #free: number[] = []
  readonly #freeChains: number[] = Array.from({ length: CHAINS_MAX }, (_, chain) => chain)
  #lanes = 0
  #age = 0
  #failure: Error | undefined
  #isClosed = false
  #released = Promise.withResolvers<void>()
  #turnEnd = 0

  constructor(options: SlotsOptions) {
    this.#options = options
  }

  /** Threads that work beside this one now. */
  get helperCount(): number {
    return this.#helpers?.count ?? 0
  }

  /** Starts the helpers, as many as there may be: to be called when there is work that earns back their start. */
  startHelpers(): void {
    const { helpers } = this.#options
    if (helpers === undefined || this.#helpers !== undefined || this.#isClosed) return
    const started = new Helpers(this.memory, error => this.#fail(error))
    this.#helpers = started
    for (let i = 0; i < helpers.threads; i++) {
      started.add(helpers.createWorker(this.#shared as SharedSlots))
    }
    started.setBusy(this.#lanes > 0)
  }

  /** Opens a row of slots for one feeder. It ends with `drain` or `abort`. */
  lane(options: LaneOptions): Lane {
    if (this.#isClosed) throw new TypeError('the slots are closed')
    const memory = this.memory
    const chain = options.chain === undefined ? undefined : this.#freeChains.pop()
    if (options.chain !== undefined && chain === undefined) {
      throw new RangeError(`more than ${CHAINS_MAX} lanes with a chain`)
    }
    if (chain !== undefined) {
      Atomics.store(memory.chainPlaces, chain, 0)
      memory.chainHandles[chain] = options.chain as number
    }
    this.#lanes += 1
    this.#helpers?.setBusy(true)
    return new Lane(this, { ...options, index: chain })
  }

  /** Ends the helpers. Lanes that are open fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#fail(new Error('the slots have been closed'))
    await this.#helpers?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** For lanes. */
  get memory(): SlotMemory {
    if (this.#memory === undefined) {
      this.#shared = SlotMemory.create(this.#slotCount())
      this.#memory = new SlotMemory(this.#shared)
      for (let slot = this.#memory.slotCount - 1; slot >= 0; slot--) this.#free.push(slot)
    }
    return this.#memory
  }

  /** For lanes: a number that grows with each publication. */
  nextAge(): number {
    // 0 says that no chain waits.
    this.#age = (this.#age + 1) & 0x7fffffff || 1
    return this.#age
  }

  /** For lanes: a free slot, if there is one. */
  takeFree(): number | undefined {
    return this.#free.pop()
  }

  /** For lanes: gives back a slot that nobody works on. */
  release(slot: number): void {
    this.#free.push(slot)
    this.#released.resolve()
    this.#released = Promise.withResolvers<void>()
  }

  /** For lanes: tells the helpers that there is work. */
  announce(): void {
    const { control } = this.memory
    Atomics.add(control, Control.work, 1)
    if (this.#helpers !== undefined) Atomics.notify(control, Control.work)
  }

  /** For lanes: the end of one. */
  endLane(chain: number | undefined): void {
    if (chain !== undefined) this.#freeChains.push(chain)
    this.#lanes -= 1
    if (this.#lanes === 0) this.#helpers?.setBusy(false)
  }

  /** For lanes: does a part of the work that waits; false when there is none. */
  steal(): boolean {
    this.#work ??= this.#options.createWork()
    return steal(this.memory, this.#work)
  }

  /** For lanes: how often a slot became done, for `wait`. */
  get doneCount(): number {
    return Atomics.load(this.memory.control, Control.done)
  }

  /** For lanes: waits until a slot became done since `seen`, or was given back, for a few milliseconds at most. */
  async wait(seen: number): Promise<void> {
    const released = this.#released.promise
    if (this.helperCount === 0) return await released
    const { async, value } = Atomics.waitAsync(this.memory.control, Control.done, seen, NAP)
    if (async) await Promise.race([released, value])
  }

  /** For lanes: lets others in this thread have their turn, if it is time. */
  turn(): Promise<void> | undefined {
    if (performance.now() < this.#turnEnd) return undefined
    return new Promise(resolve => {
      setImmediate(() => {
        this.#turnEnd = performance.now() + TURN
        resolve()
      })
    })
  }

  /** For lanes. @throws what ended the slots */
  assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  #slotCount(): number {
    const { slotCount, helpers } = this.#options
    const threads = helpers?.threads ?? 0
    return (
      slotCount ?? (threads === 0 ? SLOTS_ALONE : threads > 2 ? SLOTS_MANY_HELPERS : SLOTS_SHARED)
    )
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#released.resolve()
    this.#released = Promise.withResolvers<void>()
  }
}
