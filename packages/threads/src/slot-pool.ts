import { FreeSlots } from './free-slots.ts'
import { HelperThreads } from './helper-threads.ts'
import { announce, CHAINS_MAX, Control, type SharedSlots, SlotMemory } from './slot-memory.ts'
import { steal } from './steal.ts'
import type { Work } from './work.ts'

/** Longest wait for a helper without looking again, in ms: nothing depends on it as long as wake-ups arrive. */
const NAP = 5
/** Longest time that nothing else in this thread gets a turn, in ms. */
const TURN = 10

/** What the lanes of one owner share: memory, who waits for what, helpers, and what has ended it all. */
export class SlotPool {
  readonly shared: SharedSlots
  readonly memory: SlotMemory
  readonly free: FreeSlots
  readonly helpers: HelperThreads
  readonly #createWork: () => Work
  #work: Work | undefined
  readonly #freeChains: number[] = Array.from({ length: CHAINS_MAX }, (_, chain) => chain)
  readonly #waiting = new Set<() => void>()
  #lanes = 0
  #age = 0
  #turnEnd = 0
  #failure: Error | undefined

  constructor(slotCount: number, createWork: () => Work) {
    this.shared = SlotMemory.create(slotCount)
    this.memory = new SlotMemory(this.shared)
    this.free = new FreeSlots(slotCount, () => this.#wake())
    this.helpers = new HelperThreads(this.memory, error => this.fail(error))
    this.#createWork = createWork
  }

  /** No thread works beside this one. */
  get isAlone(): boolean {
    return this.helpers.count === 0
  }

  /** Returns the number of the chain, if there is one. */
  beginLane(handle: number | undefined): number | undefined {
    const chain = handle === undefined ? undefined : this.#freeChains.pop()
    if (handle !== undefined) {
      if (chain === undefined) throw new RangeError(`more than ${CHAINS_MAX} lanes with a chain`)
      this.memory.chainHandles[chain] = handle
      Atomics.store(this.memory.chainPlaces, chain, 0)
    }
    this.#setLanes(this.#lanes + 1)
    return chain
  }

  endLane(chain: number | undefined): void {
    if (chain !== undefined) this.#freeChains.push(chain)
    this.#setLanes(this.#lanes - 1)
  }

  /** A number that no other publication has: it grows, and goes round after four thousand million. */
  nextAge(): number {
    // 0 says that no chain waits.
    this.#age = (this.#age + 1) | 0 || 1
    return this.#age
  }

  /** Tells the helpers that there is work. */
  announce(): void {
    if (!this.isAlone) announce(this.memory.control)
  }

  /** Does a part of the work that waits; false when there is none. */
  steal(): boolean {
    this.#work ??= this.#createWork()
    return steal(this.memory, this.#work)
  }

  /** How often a slot became done. To be read before looking whether one is, and handed to `wait` when none was. */
  get doneCount(): number {
    return Atomics.load(this.memory.control, Control.done)
  }

  /** Waits until a slot became done since `seen`, one may be free, or all has failed; a few milliseconds at most. */
  async wait(seen: number): Promise<void> {
    // Another lane of this thread may have done it in the meantime, and then nobody calls.
    if (this.doneCount !== seen) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    // Alone, nothing can happen but that another lane gives back a slot.
    if (!this.isAlone) {
      const { async, value } = Atomics.waitAsync(this.memory.control, Control.done, seen, NAP)
      if (async) value.then(() => resolve())
      else resolve()
    }
    await promise
    this.#waiting.delete(resolve)
  }

  /** Lets others in this thread have their turn, if it is time. */
  turn(): Promise<void> | undefined {
    if (performance.now() < this.#turnEnd) return undefined
    return new Promise(resolve => {
      setImmediate(() => {
        this.#turnEnd = performance.now() + TURN
        resolve()
      })
    })
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** @throws what ended it all */
  assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The end of all lanes, those that will be opened included. */
  fail(error: Error): void {
    this.#failure ??= error
    this.helpers.stop()
    this.#wake()
  }

  #setLanes(count: number): void {
    this.#lanes = count
    Atomics.store(this.memory.control, Control.lanes, count)
    this.helpers.setBusy(count > 0)
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
