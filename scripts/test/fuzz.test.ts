import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { mutateBytes } from '../fuzz/mutate/bytes.ts'
import { createRandom } from '../fuzz/random.ts'
import { TARGET_NAMES } from '../fuzz/targets/names.ts'
import { findTarget } from '../fuzz/targets/table.ts'

const corpus = fileURLToPath(new URL('../../test-fixtures/fuzz/', import.meta.url))

test('every folder of inputs has a target', () => {
  expect(readdirSync(corpus).sort()).toEqual([...TARGET_NAMES].sort())
})

describe.each(TARGET_NAMES)('%s', name => {
  const target = findTarget(name)

  // What a run has found, and inputs that went ways of their own: a crash or a disagreement throws.
  test.each(readdirSync(join(corpus, name)))('%s', async file => {
    const outcome = await target.run(readFileSync(join(corpus, name, file)))
    expect(outcome).toMatch(/^\S/)
  })

  test('the same seed makes the same inputs', async () => {
    const seeds = await target.seeds()
    expect(seeds.length).toBeGreaterThan(0)
    const make = () => {
      const random = createRandom(7)
      const material = { dictionary: target.dictionary, others: seeds }
      return Array.from({ length: 50 }, () => {
        const seed = random.pick(seeds)
        return target.mutate(seed, random, seeds) ?? mutateBytes(seed, random, material)
      })
    }
    const made = make()
    const different = new Set(made.map(input => Buffer.from(input).toString('hex')))
    expect(different.size).toBeGreaterThan(made.length / 2)
    expect(make()).toEqual(made)
  })

  test('a few changed inputs are read or refused', async () => {
    const random = createRandom(1)
    const seeds = await target.seeds()
    const material = { dictionary: target.dictionary, others: seeds }
    for (let i = 0; i < 100; i++) {
      const seed = random.pick(seeds)
      const changed = random.oneIn(3) ? undefined : target.mutate(seed, random, seeds)
      await target.run(changed ?? mutateBytes(seed, random, material))
    }
  })
})
