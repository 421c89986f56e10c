import { FilledSlot } from '../src/filled-slot.ts'
import { SlotMemory } from '../src/slot-memory.ts'
import { steal } from '../src/steal.ts'
import type { Work } from '../src/work.ts'

/** A publication as the model knows it. */
interface Publication {
  readonly stamp: number
  readonly slot: FilledSlot
  readonly jobs: number
  readonly failing: ReadonlySet<number>
  readonly isLinked: boolean
  readonly runs: number[]
  links: number
  isGivenUp: boolean
}

const SLOTS = 2
const THIEVES = 2
const CHAIN = 3
/** Bytes of a job: the stamp of the publication, and the number of the job. */
const JOB_SIZE = 8

/**
 * An owner and two thieves on the same slots, in one thread: wherever one of them comes to an atomic operation, `next`
 * decides who runs in between. So a thief sleeps between two instructions while others do whatever they like, as often
 * as the slot can be used anew.
 */
export class ProtocolModel {
  readonly violations: string[] = []
  completed = 0
  readonly #memory = new SlotMemory(SlotMemory.create(SLOTS))
  readonly #next: () => number
  #free = Array.from({ length: SLOTS }, (_, slot) => slot)
  #open: Publication[] = []
  #stamp = 0
  #lane = 0
  #place = 0
  #advanced = 0
  #thieves = 0
  #isOwnerRunning = false

  constructor(next: () => number) {
    this.#next = next
  }

  /** To be called before each atomic operation. */
  interleave(): void {
    switch (this.#next()) {
      case 1:
        this.#steal()
        break
      case 2:
        this.#own(() => this.#publish())
        break
      case 3:
        this.#own(() => this.#complete())
        break
      case 4:
        this.#own(() => this.#abort())
        break
      case 5:
        // The slot is used anew by the quickest.
        this.#own(() => this.#complete())
        this.#own(() => this.#publish())
        break
    }
  }

  /** Everything is done in the end, by whoever is there. */
  settle(): void {
    for (let steps = 0; steal(this.#memory, this.#work); steps++) {
      this.#own(() => this.#complete())
      if (steps > 1000) return void this.violations.push('there is no end')
    }
    this.#own(() => this.#complete())
    for (const { stamp } of this.#open) this.violations.push(`${stamp} never became done`)
  }

  #steal(): void {
    if (this.#thieves === THIEVES) return
    this.#thieves += 1
    steal(this.#memory, this.#work)
    this.#thieves -= 1
  }

  #own(step: () => void): void {
    if (this.#isOwnerRunning) return
    this.#isOwnerRunning = true
    step()
    this.#isOwnerRunning = false
  }

  #publish(): void {
    // A lane that is aborted publishes nothing any more.
    if (this.#open.some(({ isGivenUp }) => isGivenUp)) return
    const index = this.#free.pop()
    if (index === undefined) return
    const stamp = ++this.#stamp
    const slot = new FilledSlot(this.#memory, index)
    const jobs = (stamp * 7) % 20
    const view = new DataView(slot.data.buffer, slot.data.byteOffset)
    for (let job = 0; job < jobs; job++) {
      view.setUint32(job * JOB_SIZE, stamp)
      view.setUint32(job * JOB_SIZE + 4, job)
      slot.add(stamp, job * JOB_SIZE, JOB_SIZE)
    }
    view.setUint32(jobs * JOB_SIZE, stamp)
    const isLinked = stamp % 3 !== 0
    const failing = new Set(stamp % 4 === 0 && jobs > 2 ? [1, jobs - 1] : [])
    const publication = { stamp, slot, jobs, failing, isLinked, runs: [], links: 0 }
    this.#open.push({ ...publication, isGivenUp: false })
    const start = jobs * JOB_SIZE
    const link = { chain: CHAIN, place: this.#place, start, end: start + 4 }
    slot.publish(stamp, isLinked ? link : undefined)
    if (isLinked) this.#place += 1
  }

  #complete(): void {
    for (let oldest = this.#open[0]; oldest?.slot.isDone; oldest = this.#open[0]) {
      this.#check(oldest)
      this.#open.shift()
      this.#free.push(oldest.slot.index)
      this.completed += 1
    }
    // The lane has ended when all is done; the chain is that of the next.
    if (this.#open.length > 0 || this.#place === 0) return
    this.#lane += 1
    this.#place = 0
    this.#advanced = 0
    this.#memory.chainHandles[CHAIN] = this.#lane
    Atomics.store(this.#memory.chainPlaces, CHAIN, 0)
  }

  #abort(): void {
    for (const publication of this.#open) {
      publication.isGivenUp = true
      publication.slot.giveUp()
    }
  }

  #check(publication: Publication): void {
    const { stamp, slot, jobs, failing, isLinked, isGivenUp } = publication
    const note = (text: string) => this.violations.push(`${stamp}: ${text}`)
    for (let job = 0; job < jobs; job++) {
      const runs = publication.runs[job] ?? 0
      if (isGivenUp ? runs > 1 : runs !== 1) note(`job ${job} ran ${runs} times`)
      if (runs === 0) continue
      if (slot.hasFailed(job) !== failing.has(job)) note(`failure of job ${job}`)
      const result = slot.result(job)
      const told = new DataView(result.buffer, result.byteOffset).getUint32(0)
      if (!failing.has(job) && told !== stamp + job) note(`result of job ${job} is ${told}`)
    }
    const failed = [...failing].some(job => publication.runs[job] === 1)
    if ((slot.failure !== undefined) !== failed) note('failure of the slot')
    const message = slot.failure?.failure.message
    if (failed && message !== `${stamp}/${slot.failure?.job}`) note(`failure is ${message}`)
    const links = isLinked ? 1 : 0
    if (isGivenUp ? publication.links > links : publication.links !== links) note('links')
  }

  readonly #work: Work = {
    run: (kind, data, result) => {
      // Another thread may do anything while this one is in the middle of a job.
      const told = new DataView(data.buffer, data.byteOffset)
      const [stamp, job] = [told.getUint32(0), told.getUint32(4)]
      this.interleave()
      const publication = this.#open.find(open => open.stamp === stamp)
      if (publication === undefined || kind !== stamp || told.getUint32(0) !== stamp) {
        this.violations.push(`job ${job} of ${stamp} ran after its end`)
        return
      }
      publication.runs[job] = (publication.runs[job] ?? 0) + 1
      if (publication.failing.has(job)) throw new Error(`${stamp}/${job}`)
      new DataView(result.buffer, result.byteOffset).setUint32(0, stamp + job)
    },
    advance: (lane, data) => {
      const stamp = new DataView(data.buffer, data.byteOffset).getUint32(0)
      const publication = this.#open.find(open => open.stamp === stamp)
      const before = this.#advanced
      this.interleave()
      if (publication === undefined || lane !== this.#lane || before !== this.#advanced) {
        this.violations.push(`the chain got ${stamp} in the wrong place`)
        return
      }
      if (stamp <= before) this.violations.push(`the chain got ${stamp} after ${before}`)
      this.#advanced = stamp
      publication.links += 1
    },
  }
}
