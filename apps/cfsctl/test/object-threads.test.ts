import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { objectHelpers } from '../src/repository/object-threads.ts'

beforeEach(() => void vi.stubEnv('COMPOSEFS_HELPERS', ''))
afterEach(() => void vi.unstubAllEnvs())

test.each([
  // So many slots that a layer which stalls holds up no other one.
  [1, 0, undefined],
  [4, 3, undefined],
  [5, 4, 9],
  [16, 15, 20],
  [64, 15, 68],
  [1024, 15, 68],
])('--jobs %i: %i threads beside the main one, %s slots', (jobs, threads, slotCount) => {
  expect(objectHelpers(jobs)).toMatchObject({ threads, startAtOnce: false })
  expect(objectHelpers(jobs).slotCount).toBe(slotCount)
})

test('a variable chooses the threads, and --jobs the slots', () => {
  vi.stubEnv('COMPOSEFS_HELPERS', '2')
  expect(objectHelpers(64)).toMatchObject({ threads: 2, slotCount: 68, startAtOnce: true })
})
