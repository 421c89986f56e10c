import { expect, test } from 'vitest'
import { type DoneSlot, SLOT_SIZE, Slots } from '../src/index.ts'
import type { Work } from '../src/work.ts'
import { addStamped, Kind } from './checked-work.ts'
import { openSlots } from './open-slots.ts'

const idle: Work = { run() {}, advance() {} }

test('what onDone throws comes out of take and drain, and is not asked again', async () => {
  const { slots } = openSlots({ slotCount: 1 })
  let calls = 0
  const lane = slots.lane({
    async onDone() {
      calls++
      throw new Error('no room for it')
    },
  })
  const slot = await lane.take()
  addStamped(slot, { kind: Kind.check, offset: 0, length: 8, stamp: 1 })
  lane.publish()
  await expect(lane.take()).rejects.toThrow('no room for it')
  await expect(lane.drain()).rejects.toThrow('no room for it')
  await lane.abort()
  expect(calls).toBe(1)
  const next = slots.lane({ onDone() {} })
  await next.take()
  await next.drain()
})

test('a chain that fails ends its lane', async () => {
  const work: Work = {
    run() {},
    advance() {
      throw Object.assign(new Error('no memory'), { code: 'ENOMEM' })
    },
  }
  await using slots = new Slots({ createWork: () => work })
  const lane = slots.lane({ chain: 1, onDone: () => expect.unreachable() })
  await lane.take()
  lane.publish(undefined, { start: 0, end: 10 })
  await expect(lane.drain()).rejects.toMatchObject({ message: 'no memory', code: 'ENOMEM' })
  await lane.abort()
})

test('a chain that fails after a job tells of the job', async () => {
  const slots = new Slots({
    createWork: () => ({
      run() {
        throw new Error('the job')
      },
      advance(chain) {
        if (chain === 2) throw new Error('the chain')
      },
    }),
  })
  // The chain is first, so a failure of it is the first of the slot; where it is fine, the job's is.
  const failures: (DoneSlot['failure'] | undefined)[] = []
  for (const chain of [1, 2]) {
    const lane = slots.lane({ chain, onDone: slot => void failures.push(slot.failure) })
    const slot = await lane.take()
    slot.add(1, 0, 1)
    lane.publish(undefined, { start: 0, end: 1 })
    if (chain === 1) await lane.drain()
    else await expect(lane.drain()).rejects.toThrow('the chain')
    await lane.abort()
  }
  expect(failures).toEqual([{ job: 0, failure: { name: 'Error', message: 'the job' } }])
})

test('mistakes of a feeder are told', async () => {
  await using slots = new Slots({ createWork: () => idle })
  const lane = slots.lane({ chain: 1, onDone() {} })
  expect(() => lane.publish()).toThrow(TypeError)
  const slot = await lane.take()
  await expect(lane.take()).rejects.toThrow('a slot is being filled')
  expect(() => slot.add(1, SLOT_SIZE, 1)).toThrow(RangeError)
  expect(() => slot.add(1, -1, 1)).toThrow(RangeError)
  expect(() => slot.add(1, 5, -1)).toThrow(RangeError)
  expect(() => slot.add(1, 0, Number.NaN)).toThrow(RangeError)
  expect(() => lane.publish(undefined, { start: 2, end: 1 })).toThrow(RangeError)
  expect(() => lane.publish(undefined, { start: 0, end: SLOT_SIZE + 1 })).toThrow(RangeError)
  expect(slot.add(1, 0, SLOT_SIZE)).toBe(0)
  lane.publish()
  expect(() => slot.add(1, 0, 1)).toThrow('not being filled')
  const taking = lane.take()
  const others = await Promise.allSettled([lane.drain(), lane.abort()])
  const tooSoon = expect.objectContaining({ message: 'another call of the lane has not ended' })
  expect(others.map(other => other.status === 'rejected' && other.reason)).toEqual([
    tooSoon,
    tooSoon,
  ])
  await taking
  await lane.drain()
  await expect(lane.take()).rejects.toThrow('the lane has ended')
  await expect(lane.drain()).rejects.toThrow('the lane has ended')
})

test('a work that cannot be made fails the lane, not the abort', async () => {
  await using slots = new Slots({
    createWork() {
      throw new Error('no engine')
    },
  })
  const lane = slots.lane({ chain: 1, onDone() {} })
  const slot = await lane.take().catch(error => error)
  if (slot instanceof Error) expect(slot.message).toBe('no engine')
  await lane.abort()
})

test('lanes that are open fail when the slots are closed, and can be aborted', async () => {
  const slots = new Slots({ createWork: () => idle, slotCount: 1 })
  const first = slots.lane({ onDone() {} })
  const second = slots.lane({ onDone() {} })
  await first.take()
  const waiting = second.take()
  await slots.close()
  await slots.close()
  await expect(waiting).rejects.toThrow('closed')
  await expect(first.drain()).rejects.toThrow('closed')
  await first.abort()
  await second.abort()
  expect(() => slots.lane({ onDone() {} })).toThrow(TypeError)
})
