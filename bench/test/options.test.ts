import { describe, expect, test } from 'vitest'
import { chooseRows, parseOptions } from '../src/options.ts'
import { ROWS } from '../src/rows/table.ts'

const names = (...args: string[]) => chooseRows(ROWS, parseOptions(args)).map(({ name }) => name)

describe('the rows', () => {
  test('all but the huge ones', () => {
    expect(names()).toEqual(ROWS.filter(({ huge }) => !huge).map(({ name }) => name))
    expect(names('--huge')).toEqual(ROWS.map(({ name }) => name))
  })

  test('by a pattern, the huge ones too', () => {
    expect(names('--only', 'layer of')).toEqual([
      'memory: a layer of 1 GiB',
      'memory: a layer of 8 GiB',
    ])
    expect(names('--only', '^PULL BIG TAR$')).toEqual(['pull big tar'])
  })

  test('a few', () => {
    expect(names('--quick', '--only', 'fsck')).toEqual(['fsck rootfs'])
  })
})

test.each([
  [['--samples', '0'], RangeError],
  [['--samples', '1.5'], RangeError],
  [['--only', '('], SyntaxError],
  [['--unknown'], TypeError],
])('%j is no command line', (args, error) => {
  expect(() => parseOptions(args)).toThrow(error)
})
