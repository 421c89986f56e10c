import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { claimWord, closedClaim, generationOf, nextOf } from '../src/claim.ts'
import { FilledSlot } from '../src/filled-slot.ts'
import { JOBS_MAX, SlotMemory, SlotWord } from '../src/slot-memory.ts'
import { steal } from '../src/steal.ts'
import type { Work } from '../src/work.ts'
import { interleaved } from './interleaving.ts'
import { ProtocolModel } from './protocol-model.ts'

/** A work that keeps what it was asked to do. */
function recording(): { readonly work: Work; readonly done: string[] } {
  const done: string[] = []
  const work: Work = {
    run: (kind, data) => void done.push(`${kind}:${data.length}`),
    advance: (chain, data) => void done.push(`chain ${chain}:${data.length}`),
  }
  return { work, done }
}

function published(
  memory: SlotMemory,
  index: number,
  options: { jobs: number; age: number; kind?: number },
) {
  const slot = new FilledSlot(memory, index)
  for (let job = 0; job < options.jobs; job++) slot.add(options.kind ?? index, 0, job)
  slot.publish(options.age, undefined)
  return slot
}

const createMemory = (slotCount = 2) => new SlotMemory(SlotMemory.create(slotCount))

describe('the claim', () => {
  test('has room for a full table and a closed one in every generation', () => {
    for (const generation of [0, 1, 1000, 2 ** 22 - 1]) {
      for (const next of [0, 1, JOBS_MAX]) {
        const word = claimWord(generation, next)
        expect([word | 0, generationOf(word), nextOf(word)]).toEqual([word, generation, next])
      }
      expect(nextOf(closedClaim(generation))).toBeGreaterThan(JOBS_MAX)
      expect(generationOf(closedClaim(generation))).toBe(generation)
    }
  })

  test('comes round after four million uses', () => {
    expect(claimWord(2 ** 22, 5)).toBe(claimWord(0, 5))
    const memory = createMemory()
    const { work, done } = recording()
    Atomics.store(memory.words(0), SlotWord.claim, claimWord(2 ** 22 - 1, 3))
    expect(published(memory, 0, { jobs: 2, age: 1 }).isDone).toBe(false)
    expect(Atomics.load(memory.words(0), SlotWord.claim)).toBe(0)
    steal(memory, work)
    expect(done).toEqual(['0:0', '0:1'])
  })
})

test('nothing is done in slots that are free', () => {
  const { work } = recording()
  expect(steal(createMemory(), work)).toBe(false)
})

test('the oldest slot is helped first, also where ages go round', () => {
  for (const [first, second] of [
    [1, 2],
    [0x7fffffff, -0x80000000],
    [-1, 1],
  ] as const) {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const memory = createMemory()
      const { work, done } = recording()
      published(memory, order[0], { jobs: 1, age: first, kind: 1 })
      published(memory, order[1], { jobs: 1, age: second, kind: 2 })
      while (steal(memory, work));
      expect(done).toEqual(['1:0', '2:0'])
    }
  }
})

test('a slot is done when its last job is, and not before', () => {
  const memory = createMemory()
  const { work, done } = recording()
  const slot = published(memory, 0, { jobs: 20, age: 1 })
  const seen: [number, boolean][] = []
  while (steal(memory, work)) seen.push([done.length, slot.isDone])
  expect(seen).toEqual([
    [8, false],
    [16, false],
    [20, true],
  ])
})

test('what is given up is not done, what was begun is', () => {
  const memory = createMemory()
  const { work, done } = recording()
  const slot = published(memory, 0, { jobs: 20, age: 1 })
  steal(memory, work)
  slot.giveUp()
  expect([steal(memory, work), slot.isDone, done.length]).toEqual([false, true, 8])
})

test('a slot that is given up while a job runs is done when that has ended', () => {
  const memory = createMemory()
  const seen: boolean[] = []
  const slot = published(memory, 0, { jobs: 20, age: 1 })
  steal(memory, {
    run() {
      slot.giveUp()
      seen.push(slot.isDone)
    },
    advance() {},
  })
  expect(seen).toEqual(Array.from({ length: 8 }, () => false))
  expect(slot.isDone).toBe(true)
})

test('a chain stands still while one is inside, and goes on behind it', () => {
  const memory = createMemory(3)
  memory.chainHandles[5] = 4711
  const slots = [0, 1, 2].map(place => {
    const slot = new FilledSlot(memory, place)
    slot.publish(place + 1, { chain: 5, place, start: 0, end: place + 1 })
    return slot
  })
  const { work, done } = recording()
  const nested: boolean[] = []
  steal(memory, {
    run() {},
    advance(chain, data) {
      nested.push(steal(memory, work))
      work.advance(chain, data)
    },
  })
  expect(nested).toEqual([false])
  slots[2]?.giveUp()
  while (steal(memory, work));
  expect(done).toEqual(['chain 4711:1', 'chain 4711:2'])
  expect(slots.map(slot => slot.isDone)).toEqual([true, true, true])
})

test('a thief that slept while its slot was used anew claims nothing of it', () => {
  // Wherever it sleeps; the slot that it looked at has more jobs when it wakes.
  for (let sleep = 0; sleep < 40; sleep++) {
    const memory = createMemory(1)
    const fast = recording()
    const slow = recording()
    published(memory, 0, { jobs: 3, age: 1, kind: 1 })
    let operations = 0
    interleaved(
      () => {
        if (operations++ !== sleep) return
        while (steal(memory, fast.work));
        // The one that sleeps has claimed them: then nobody uses the slot anew.
        if (Atomics.load(memory.words(0), SlotWord.left) > 0) return
        published(memory, 0, { jobs: 30, age: 2, kind: 2 })
      },
      () => steal(memory, slow.work),
    )
    while (steal(memory, fast.work));
    const all = [...fast.done, ...slow.done]
    expect(all.filter(job => job.startsWith('1:')).sort()).toEqual(['1:0', '1:1', '1:2'])
    expect(new Set(all).size).toBe(all.length)
    expect(Atomics.load(memory.words(0), SlotWord.left)).toBe(0)
  }
})

test('random interleavings: each job once, chains in order, nothing after the end', () => {
  const rounds = Number(process.env.COMPOSEFS_STRESS ?? 0)
  let completed = 0
  const decision = fc.nat({ max: 9 })
  const property = fc.property(
    fc.array(decision, { minLength: 50, maxLength: 3000, size: 'max' }),
    decisions => {
      let at = 0
      const model = new ProtocolModel(() => decisions[at++] ?? 0)
      const run = () => {
        while (at < decisions.length) model.interleave()
        model.settle()
      }
      // A thief sleeps inside a thief inside the owner.
      interleaved(() => model.interleave(), run, 3)
      completed += model.completed
      expect(model.violations).toEqual([])
    },
  )
  // Shorter sequences tell no more, and take long to find.
  fc.assert(property, { numRuns: Math.max(150, rounds), endOnFailure: true })
  expect(completed).toBeGreaterThan(1000)
})
