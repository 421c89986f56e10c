import { describe, expect, test } from 'vitest'
import { median, spread } from '../src/measure/statistics.ts'

describe('median', () => {
  test.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
    [[100, 1, 1, 1, 1], 1],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('leaves its values as they are', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  test('there is none of nothing', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('spread', () => {
  test.each([
    [[2], 0],
    [[1, 1, 1], 0],
    [[9, 10, 11], 0.2],
    [[10, 10, 15], 0.5],
    [[0, 0], 0],
  ])('of %j is %d', (values, expected) => {
    expect(spread(values)).toBe(expected)
  })
})
