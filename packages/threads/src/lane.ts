import { type DoneSlot, FilledSlot, type Slot } from './filled-slot.ts'
import type { Taker } from './free-slots.ts'
import type { SlotPool } from './slot-pool.ts'

/** Who gets the slots of a lane back, and which chain their bytes are for. */
export interface LaneOptions<Note = void> {
  /**
   * What the work calls the chain that gets the bytes of the slots in order, see `Work.advance`. Default: there is none.
   */
  readonly chain?: number | undefined
  /**
   * Gets each slot when everything in it is done, in the order in which they were published, and what was noted of it
   * then. Its memory is used anew afterwards. What it throws comes out of `take` or `drain`.
   */
  onDone(slot: DoneSlot, note: Note): void | Promise<void>
}

/** A slot that others work on, and what was noted of it. */
interface PublishedSlot<Note> {
  readonly slot: FilledSlot
  readonly note: Note
}

/**
 * Slots that one feeder fills, one after the other, and gets back in that order. All calls come from that feeder, each
 * when the one before has ended; after the first that throws there is only `abort`.
 *
 * A feeder, `onDone` included, may wait for another lane of the same slots only when that one takes no more: it could be
 * waiting for a slot of this one.
 */
export class Lane<Note = void> implements Taker {
  readonly #pool: SlotPool
  readonly #onDone: LaneOptions<Note>['onDone']
  readonly #chain: number | undefined
  readonly #published: PublishedSlot<Note>[] = []
  #filling: FilledSlot | undefined
  #place = 0
  #isRunning = false
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined

  /** For `Slots.lane`. */
  constructor(pool: SlotPool, options: LaneOptions<Note>) {
    pool.assertAlive()
    this.#pool = pool
    this.#onDone = (slot, note) => options.onDone(slot, note)
    this.#chain = pool.beginLane(options.chain)
  }

  /** For the pool: slots that are not given back. */
  get held(): number {
    return this.#published.length
  }

  /**
   * A free slot. Until there is one, this thread completes slots of the lane and works with the helpers: a feeder cannot
   * run ahead of them by more than there are slots.
   *
   * @throws what `onDone` or `Work.advance` throws; an error when a helper has died
   */
  async take(): Promise<Slot> {
    if (this.#filling !== undefined) throw new TypeError('a slot is being filled')
    return await this.#call(async () => {
      this.#pool.free.enter(this)
      try {
        this.#filling = await this.#nextFree()
        return this.#filling
      } finally {
        this.#pool.free.leave(this)
      }
    })
  }

  /**
   * Hands the slot that is being filled to whoever works. Its bytes must not change any more.
   *
   * @param note what `onDone` has to know of it
   * @param chained the bytes that the chain gets
   */
  publish(note: Note, chained?: { readonly start: number; readonly end: number }): void {
    const slot = this.#filling
    if (slot === undefined) throw new TypeError('no slot is being filled')
    const chain = this.#chain
    const isLinked = chain !== undefined && chained !== undefined
    slot.publish(
      this.#pool.nextAge(),
      isLinked ? { chain, place: this.#place, ...chained } : undefined,
    )
    if (isLinked) this.#place += 1
    this.#filling = undefined
    this.#published.push({ slot, note })
    this.#pool.announce()
  }

  /**
   * Completes all slots and ends the lane. A slot that is being filled is given back as it is.
   *
   * @throws what `take` throws
   */
  async drain(): Promise<void> {
    await this.#call(async () => {
      this.#dropFilling()
      for (;;) {
        const turn = this.#pool.turn()
        if (turn !== undefined) await turn
        const seen = this.#pool.doneCount
        await this.#complete()
        if (this.#published.length === 0) break
        if (!this.#pool.steal()) await this.#pool.wait(seen)
      }
      this.#end()
    })
  }

  /**
   * Ends the lane without `onDone`: what nobody has begun is left, what is being done is waited for. Afterwards nobody
   * uses the chain any more. After the end of a lane it does nothing.
   */
  async abort(): Promise<void> {
    if (this.#hasEnded) return
    this.#begin()
    this.#dropFilling()
    for (const { slot } of this.#published) slot.giveUp()
    for (let oldest = this.#oldest; oldest !== undefined; oldest = this.#oldest) {
      // What a helper had begun that died is never done. Nobody is inside it when all have ended.
      if (this.#pool.hasFailed) {
        await this.#pool.helpers.ended()
        break
      }
      const seen = this.#pool.doneCount
      if (oldest.isDone) this.#giveBackOldest(oldest)
      else await this.#pool.wait(seen)
    }
    this.#end()
  }

  /** Runs a call of the feeder alone, and fails for ever once one has failed. */
  async #call<T>(run: () => Promise<T>): Promise<T> {
    this.#begin()
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      return await run()
    } catch (error) {
      this.#failure ??= { error }
      throw error
    } finally {
      this.#isRunning = false
    }
  }

  #begin(): void {
    if (this.#hasEnded) throw new TypeError('the lane has ended')
    if (this.#isRunning) throw new TypeError('another call of the lane has not ended')
    this.#isRunning = true
  }

  async #nextFree(): Promise<FilledSlot> {
    const pool = this.#pool
    for (;;) {
      const turn = pool.turn()
      if (turn !== undefined) await turn
      const seen = pool.doneCount
      await this.#complete()
      // Alone, what was filled last is done first: it is in the caches, and there is no one to wait for.
      const { isAlone } = pool
      if (isAlone && pool.steal()) continue
      const index = pool.free.take(this)
      if (index !== undefined) return new FilledSlot(pool.memory, index)
      if (isAlone || !pool.steal()) await pool.wait(seen)
    }
  }

  /** Hands over what is done, as long as it is the oldest. */
  async #complete(): Promise<void> {
    this.#pool.assertAlive()
    for (let [oldest] = this.#published; oldest?.slot.isDone; [oldest] = this.#published) {
      const { slot, note } = oldest
      const { chainError } = slot
      if (chainError !== undefined) throw chainError
      await this.#onDone(slot, note)
      this.#giveBackOldest(slot)
    }
  }

  get #oldest(): FilledSlot | undefined {
    return this.#published[0]?.slot
  }

  #giveBackOldest({ index }: FilledSlot): void {
    this.#published.shift()
    this.#pool.free.give(index)
  }

  #dropFilling(): void {
    if (this.#filling === undefined) return
    this.#pool.free.give(this.#filling.index)
    this.#filling = undefined
  }

  #end(): void {
    this.#hasEnded = true
    this.#pool.endLane(this.#chain)
  }
}
