import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JOBS_MAX, RESULT_SIZE, Slots, toError } from '../src/index.ts'
import { CHAINS_MAX } from '../src/slot-memory.ts'
import type { Work } from '../src/work.ts'
import { addStamped, digestOfStamp, Kind, sumOf } from './checked-work.ts'
import { createSlots, feed, resultOf, type TestSlots, until } from './open-slots.ts'

const idle: Work = { run() {}, advance() {} }

describe.each([
  ['alone', 0],
  ['with one helper', 1],
  ['with three helpers', 3],
])('a lane %s', (_, threads) => {
  let using: TestSlots
  beforeAll(() => {
    using = createSlots({ threads, slotCount: 3 })
  })
  afterAll(() => using.slots.close())

  test('gives slots back in the order in which they were published, with their results', async () => {
    const { slots } = using
    const seen: { digest: string; stamp: number }[] = []
    const lane = slots.lane({ onDone: slot => void seen.push(resultOf(slot, 0)) })
    await feed(lane, 50, (slot, stamp) => {
      addStamped(slot, { kind: Kind.check, offset: stamp, length: 100 + stamp, stamp })
      return undefined
    })
    await lane.drain()
    const stamps = Array.from({ length: 50 }, (_, stamp) => stamp)
    expect(seen).toEqual(
      stamps.map(stamp => ({ stamp, digest: digestOfStamp(stamp, 100 + stamp) })),
    )
  })

  test('takes as many jobs into a slot as the table has, and does each once', async () => {
    const { slots } = using
    const stamps: number[] = []
    const lane = slots.lane({
      onDone(slot) {
        for (let job = 0; job < JOBS_MAX; job++) stamps.push(resultOf(slot, job).stamp)
      },
    })
    await feed(lane, 4, (slot, number) => {
      for (let job = 0; job < JOBS_MAX; job++) {
        const stamp = number * JOBS_MAX + job
        const added = { kind: Kind.check, offset: job * 64, length: 64, stamp }
        expect(addStamped(slot, added)).toBe(job)
      }
      expect(slot.add(Kind.check, 0, 1)).toBeUndefined()
      return undefined
    })
    await lane.drain()
    expect(stamps).toEqual(Array.from({ length: 4 * JOBS_MAX }, (_, stamp) => stamp))
  })

  test('gives a chain the bytes of its slots in order, jobs or none', async () => {
    const { slots, shared } = using
    let sum = 0
    let completed = 0
    shared.resetChain(7)
    const lane = slots.lane({ chain: 7, onDone: () => void completed++ })
    await feed(lane, 40, (slot, number) => {
      const end = 200 + number * 10
      addStamped(slot, { kind: Kind.check, offset: 0, length: end, stamp: number })
      if (number % 5 === 0) return undefined
      sum = sumOf(slot.data.subarray(100, end), sum)
      return { start: 100, end }
    })
    await lane.drain()
    expect({ completed, sum: shared.chain(7).sum, violations: shared.violations }).toEqual({
      completed: 40,
      sum,
      violations: 0,
    })
  })

  test('gives back slots in which there was nothing to do', async () => {
    const { slots } = using
    let completed = 0
    const lane = slots.lane({ onDone: () => void completed++ })
    await feed(lane, 10, () => undefined)
    await lane.drain()
    expect(completed).toBe(10)
  })

  test('tells of failed jobs where their slot is handed over, and goes on', async () => {
    const { slots } = using
    const seen: unknown[] = []
    const lane = slots.lane({
      onDone(slot) {
        const { failure } = slot
        seen.push([slot.hasFailed(0), slot.hasFailed(1), failure && toError(failure.failure)])
      },
    })
    await feed(lane, 6, (slot, stamp) => {
      addStamped(slot, { kind: Kind.check, offset: 0, length: 8, stamp })
      const kind = stamp % 2 === 0 ? Kind.check : Kind.fail
      addStamped(slot, { kind, offset: 8, length: 8, stamp })
      return undefined
    })
    await lane.drain()
    expect(seen).toEqual(
      [0, 1, 2, 3, 4, 5].map(stamp =>
        stamp % 2 === 0
          ? [false, false, undefined]
          : [
              false,
              true,
              expect.objectContaining({ name: 'RangeError', message: `stamp ${stamp}` }),
            ],
      ),
    )
  })

  test('that is aborted hands nothing over any more, and its slots can be used again', async () => {
    const { slots, shared } = using
    for (let round = 0; round < 20; round++) {
      let isAborted = false
      const aborted = slots.lane({ chain: 1, onDone: () => expect(isAborted).toBe(false) })
      await feed(aborted, round % 6, (slot, stamp) => {
        addStamped(slot, { kind: Kind.slow, offset: 0, length: 5000, stamp })
        return { start: 0, end: 5000 }
      })
      if (round % 2 === 0) await aborted.take()
      isAborted = true
      await aborted.abort()
      await aborted.abort()
    }
    const stamps: number[] = []
    shared.resetChain(1)
    const lane = slots.lane({
      chain: 1,
      onDone: slot => void stamps.push(resultOf(slot, 0).stamp),
    })
    await feed(lane, 10, (slot, stamp) => {
      addStamped(slot, { kind: Kind.check, offset: 0, length: 50, stamp })
      return { start: 0, end: 50 }
    })
    await lane.drain()
    expect(stamps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(shared.chain(1).size).toBe(500)
  })

  test('shares few slots with many others', async () => {
    const { slots, shared } = using
    const feeders = Array.from({ length: 7 }, async (_, chain) => {
      let expected = 0
      let completed = 0
      shared.resetChain(chain)
      const lane = slots.lane({
        chain,
        async onDone(slot) {
          await undefined
          expect(resultOf(slot, 0).stamp).toBe(completed++)
        },
      })
      await feed(lane, 20, (slot, stamp) => {
        addStamped(slot, { kind: Kind.check, offset: 0, length: 300 + chain, stamp })
        expected = sumOf(slot.data.subarray(0, 300 + chain), expected)
        return { start: 0, end: 300 + chain }
      })
      await lane.drain()
      expect(completed).toBe(20)
      expect(shared.chain(chain).sum).toBe(expected)
    })
    await Promise.all(feeders)
    expect(shared.violations).toBe(0)
  })

  test('lets one that begins later have a slot before it has ended', async () => {
    const { slots } = using
    let isSecondDone = false
    const first = slots.lane({ onDone() {} })
    const second = slots.lane({ onDone() {} })
    const feeding = (async () => {
      while (!isSecondDone) {
        const slot = await first.take()
        addStamped(slot, { kind: Kind.check, offset: 0, length: 8, stamp: 1 })
        first.publish()
      }
    })()
    await feed(second, 5, () => undefined)
    await second.drain()
    isSecondDone = true
    await feeding
    await first.drain()
  })
})

test('results are zeros before each job', async () => {
  const before: number[] = []
  const work: Work = {
    run(_kind, _data, result) {
      expect(result).toHaveLength(RESULT_SIZE)
      before.push(...result)
      result.fill(0xff)
    },
    advance() {},
  }
  await using slots = new Slots({ createWork: () => work, slotCount: 1 })
  const lane = slots.lane({ onDone() {} })
  await feed(lane, 3, slot => void slot.add(1, 0, 1))
  await lane.drain()
  expect(new Set(before)).toEqual(new Set([0]))
  expect(before).toHaveLength(3 * RESULT_SIZE)
})

test('a slot that was being filled is given back', async () => {
  await using slots = new Slots({ createWork: () => idle, slotCount: 1 })
  for (const end of ['drain', 'abort'] as const) {
    const lane = slots.lane({ onDone: () => expect.unreachable() })
    await lane.take()
    await lane[end]()
  }
  const lane = slots.lane({ onDone() {} })
  await lane.take()
  await lane.abort()
})

test('there are so many chains at a time, and lanes without one', async () => {
  await using slots = new Slots({ createWork: () => idle })
  const open = () => slots.lane({ chain: 1, onDone() {} })
  const lanes = Array.from({ length: CHAINS_MAX }, open)
  expect(open).toThrow(RangeError)
  slots.lane({ onDone() {} })
  await lanes[3]?.drain()
  open()
})

test('a feeder gives others their turn', async () => {
  await using slots = new Slots({
    slotCount: 1,
    createWork: () => ({
      run() {
        for (const end = performance.now() + 3; performance.now() < end; );
      },
      advance() {},
    }),
  })
  let hadTurn = false
  setImmediate(() => {
    setImmediate(() => {
      hadTurn = true
    })
  })
  const lane = slots.lane({ onDone() {} })
  while (!hadTurn) await feed(lane, 1, slot => void slot.add(1, 0, 1))
  await lane.drain()
  await until(() => hadTurn)
})
