import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Lane, Slots } from '../src/index.ts'
import { addStamped, createCheckedWork, Kind, Shared } from './checked-work.ts'
import { feed, openSlots, resultOf, type TestSlots, until } from './open-slots.ts'
import { startWorker } from './start-worker.ts'

const run = promisify(execFile)

/** Publishes a slot with one job, and waits until a helper is in the middle of it. */
async function occupy({ shared }: TestSlots, lane: Lane): Promise<void> {
  shared.closeGate()
  const slot = await lane.take()
  addStamped(slot, { kind: Kind.gate, offset: 0, length: 64, stamp: 1 })
  lane.publish()
  await until(() => shared.arrived === 1)
}

test.each([
  [true, 2],
  [false, 0],
])('startAtOnce: %s: %i helpers with the first lane', async (startAtOnce, count) => {
  const { slots } = openSlots({ threads: 2, startAtOnce })
  expect(slots.helperCount).toBe(0)
  await slots.lane({ onDone() {} }).drain()
  expect(slots.helperCount).toBe(count)
})

describe('abort', () => {
  test('waits for the helper that is in a job', async () => {
    const opened = openSlots({ threads: 1, slotCount: 2 })
    const lane = opened.slots.lane({ onDone: () => expect.unreachable() })
    await occupy(opened, lane)
    let hasEnded = false
    const aborting = lane.abort().then(() => {
      hasEnded = true
    })
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(hasEnded).toBe(false)
    opened.shared.openGate()
    await aborting
    const next = opened.slots.lane({ onDone() {} })
    await feed(next, 4, () => undefined)
    await next.drain()
  })

  test('waits for it also when the slots are closed meanwhile', async () => {
    const opened = openSlots({ threads: 1 })
    const lane = opened.slots.lane({ onDone: () => expect.unreachable() })
    await occupy(opened, lane)
    let ended = 0
    const note = () => void ended++
    const all = [opened.slots.close().then(note), lane.abort().then(note)]
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(ended).toBe(0)
    opened.shared.openGate()
    await Promise.all(all)
  })
})

describe('a helper that dies', () => {
  test('in a job fails the lanes that are open, and those to come', async () => {
    const { slots, workers } = openSlots({ threads: 1, slotCount: 2 })
    const lane = slots.lane({ onDone() {} })
    const other = slots.lane({ onDone() {} })
    await other.take()
    const slot = await lane.take()
    addStamped(slot, { kind: Kind.exit, offset: 0, length: 8, stamp: 1 })
    lane.publish()
    // This thread leaves the job to the helper.
    await new Promise(resolve => workers[0]?.once('exit', resolve))
    await expect(lane.drain()).rejects.toThrow('exit 3')
    await expect(other.drain()).rejects.toThrow('exit 3')
    await lane.abort()
    await other.abort()
    expect(() => slots.lane({ onDone() {} })).toThrow('exit 3')
    await slots.close()
  })

  test('while another is in a job: abort waits for that one', async () => {
    const opened = openSlots({ threads: 2, slotCount: 3 })
    const { slots, shared, workers } = opened
    const lane = slots.lane({ onDone: () => expect.unreachable() })
    await occupy(opened, lane)
    const slot = await lane.take()
    addStamped(slot, { kind: Kind.exit, offset: 0, length: 8, stamp: 1 })
    lane.publish()
    await Promise.race(workers.map(worker => new Promise(resolve => worker.once('exit', resolve))))
    await expect(lane.take()).rejects.toThrow('exit 3')
    let hasEnded = false
    const aborting = lane.abort().then(() => {
      hasEnded = true
    })
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(hasEnded).toBe(false)
    shared.openGate()
    await aborting
  })

  test.each([
    ['throws', 'no thread for this'],
    ['exits', 'exit 3'],
  ])('before it has begun (%s) fails a lane that waits', async (behaviour, message) => {
    const { slots } = openSlots({ threads: 1, slotCount: 1, behaviour })
    const holding = slots.lane({ onDone() {} })
    await holding.take()
    const lane = slots.lane({ onDone() {} })
    await expect(lane.take()).rejects.toThrow(message)
    await lane.abort()
    await holding.abort()
  })

  test('while no lane is open fails the next one', async () => {
    const { slots, workers } = openSlots({ threads: 1, behaviour: 'exits' })
    workers[0]?.ref()
    await new Promise(resolve => workers[0]?.once('exit', resolve))
    expect(() => slots.lane({ onDone() {} })).toThrow('exit 3')
  })

  test('by terminate fails what waits', async () => {
    const opened = openSlots({ threads: 1, slotCount: 1 })
    const lane = opened.slots.lane({ onDone: () => expect.unreachable() })
    await occupy(opened, lane)
    const waiting = lane.take()
    await opened.workers[0]?.terminate()
    await expect(waiting).rejects.toThrow('exit 1')
    await lane.abort()
  })
})

test('a helper that cannot be started is told of, and the slots work without it', async () => {
  const shared = new Shared()
  await using slots = new Slots({
    createWork: () => createCheckedWork(shared, false),
    helpers: {
      threads: 2,
      createWorker() {
        throw new Error('no more threads')
      },
    },
  })
  expect(() => slots.startHelpers()).toThrow('no more threads')
  slots.startHelpers()
  expect(slots.helperCount).toBe(0)
  const stamps: number[] = []
  const lane = slots.lane({ onDone: slot => void stamps.push(resultOf(slot, 0).stamp) })
  await feed(lane, 9, (slot, stamp) => {
    addStamped(slot, { kind: Kind.gate, offset: 0, length: 8, stamp })
    return undefined
  })
  await lane.drain()
  expect(stamps).toHaveLength(9)
})

test('helpers can be started while a lane is fed', async () => {
  const shared = new Shared()
  let completed = 0
  await using slots = new Slots({
    createWork: () => createCheckedWork(shared, false),
    slotCount: 2,
    helpers: { threads: 1, createWorker: memory => startWorker(memory, shared) },
  })
  const lane = slots.lane({ onDone: () => void completed++ })
  for (const count of [5, 50]) {
    await feed(lane, count, (slot, stamp) => {
      addStamped(slot, { kind: Kind.slow, offset: 0, length: 80, stamp })
      return undefined
    })
    slots.startHelpers()
  }
  await lane.drain()
  expect([completed, slots.helperCount]).toEqual([55, 1])
})

describe('a process', () => {
  const fixture = fileURLToPath(new URL('process.ts', import.meta.url))
  const options = ['--conditions=composefs-source', '--no-warnings']

  test.concurrent.each([
    // Nothing but the helper keeps the process alive while the lane waits.
    ['waits', 'completed 1\n'],
    ['idles', 'ready\n'],
    ['idles-after-a-lane', 'completed 1\n'],
    ['closes', 'completed 1\nclosed\n'],
  ])('that %s ends, and not too early', async (scenario, output) => {
    // A status other than 0 is thrown.
    const { stdout, stderr } = await run(process.execPath, [...options, fixture, scenario])
    expect([stdout, stderr]).toEqual([output, ''])
  })
})
