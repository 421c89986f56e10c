import { seededRandom } from '@composefs/test-fixtures'
import type { DoneSlot, Slot, Slots } from '../src/index.ts'
import { addStamped, digestOfStamp, Kind, type Shared, sumOf } from './checked-work.ts'
import { resultOf } from './open-slots.ts'

export interface StressOptions {
  readonly slots: Slots
  readonly shared: Shared
  readonly rounds: number
  readonly seed: number
}

interface Job {
  readonly kind: number
  readonly length: number
  readonly stamp: number
}

interface Feeder {
  readonly random: ReturnType<typeof seededRandom>
  readonly chain: number
  stamp: number
}

/**
 * Opens lane after lane, two feeders at a time, with jobs that check their bytes; half of the lanes are aborted
 * somewhere. Throws at the first thing that is not as it should be.
 */
export async function stress({ slots, shared, rounds, seed }: StressOptions): Promise<void> {
  const feeders = [0, 1].map(async chain => {
    const feeder: Feeder = { random: seededRandom(seed + chain), chain, stamp: chain << 30 }
    for (let round = 0; round < rounds / 2; round++) await runLane(slots, shared, feeder)
  })
  await Promise.all(feeders)
  if (shared.violations > 0) throw new Error(`seed ${seed}: ${shared.violations} violations`)
}

async function runLane(slots: Slots, shared: Shared, feeder: Feeder): Promise<void> {
  const { random, chain } = feeder
  const expected: Job[][] = []
  let completed = 0
  let isAborted = false
  let sum = 0
  shared.resetChain(chain)
  const lane = slots.lane({
    chain,
    async onDone(slot) {
      if (isAborted) throw new Error('handed over after abort')
      if (random.below(4) === 0) await undefined
      for (const [job, wanted] of (expected[completed] as Job[]).entries()) check(slot, job, wanted)
      completed += 1
    },
  })
  const count = random.below(7)
  const end = random.below(2) === 0 ? random.below(count + 1) : undefined
  try {
    for (let number = 0; number < count && number !== end; number++) {
      const slot = await lane.take()
      const size = fill(slot, feeder, expected)
      if (random.below(5) === 0) lane.publish()
      else {
        sum = sumOf(slot.data.subarray(0, size), sum)
        lane.publish(undefined, { start: 0, end: size })
      }
    }
    if (end === undefined) {
      await lane.drain()
      if (completed !== count) throw new Error(`${completed} of ${count} slots came back`)
      if (shared.chain(chain).sum !== sum) throw new Error('the chain got other bytes')
    }
  } finally {
    isAborted = true
    await lane.abort()
  }
}

/** Fills a slot with jobs one behind the other. Returns how many bytes they have. */
function fill(slot: Slot, feeder: Feeder, expected: Job[][]): number {
  const { random } = feeder
  const jobs: Job[] = []
  let offset = 0
  for (let left = random.pick([0, 1, 3, 8, 9, 40]); left > 0; left--) {
    const stamp = ++feeder.stamp
    const length = 4 + random.below(100)
    const rare = random.below(40)
    const kind = rare === 0 ? Kind.fail : rare === 1 ? Kind.slow : Kind.check
    addStamped(slot, { kind, offset, length, stamp })
    jobs.push({ kind, length, stamp })
    offset += length
  }
  expected.push(jobs)
  return offset
}

function check(slot: DoneSlot, job: number, { kind, length, stamp }: Job): void {
  const told = () => `job ${job}, stamp ${stamp}: ${JSON.stringify(slot.failure)}`
  if (slot.hasFailed(job) !== (kind === Kind.fail)) throw new Error(`failed or not: ${told()}`)
  if (kind === Kind.fail) {
    if (slot.failure === undefined) throw new Error(`no failure is told: ${told()}`)
    return
  }
  const result = resultOf(slot, job)
  if (result.stamp !== stamp) throw new Error(`result of ${result.stamp}: ${told()}`)
  if (result.digest !== digestOfStamp(stamp, length)) throw new Error(`wrong digest: ${told()}`)
}
