import { showUtf8 } from '@composefs/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentOf, type LayerEntry, stackOf } from './layer-entries.ts'

/** What a test expects of a hidden entry: path, layer, by which, how, files, bytes. */
type Row = [string, number, number | undefined, string, number, number]

function hiddenRows(layers: LayerEntry[][]): Row[] {
  return stackOf(layers).hidden.map(({ path, layer, by, how, files, bytes }) => [
    showUtf8(path),
    layer,
    by,
    how,
    files,
    bytes,
  ])
}

const a100 = { path: 'a', bytes: 100 }

describe('what layers hold that the image does not show', () => {
  test.each<[string, LayerEntry[][], Row[]]>([
    ['nothing, of one layer', [[a100]], []],
    ['nothing, of layers side by side', [[a100], [{ path: 'b', bytes: 5 }]], []],
    ['a file that a whiteout removes', [[a100], ['.wh.a']], [['/a', 0, 1, 'removed', 1, 100]]],
    [
      'a file that another one replaces',
      [[a100], [{ path: 'a', bytes: 7 }]],
      [['/a', 0, 1, 'replaced', 1, 100]],
    ],
    [
      'a file that a directory replaces',
      [[a100], ['a/', { path: 'a/b', bytes: 9 }]],
      [['/a', 0, 1, 'replaced', 1, 100]],
    ],
    [
      'a directory, told once',
      [['d/', { path: 'd/x', bytes: 10 }, 'd/e/', { path: 'd/e/y', bytes: 20 }], ['.wh.d']],
      [['/d', 0, 1, 'removed', 2, 30]],
    ],
    [
      'what an opaque whiteout leaves out, by its name',
      [
        ['d/', { path: 'd/x', bytes: 10 }, { path: 'd/y', bytes: 20 }],
        ['d/', 'd/.wh..wh..opq', { path: 'd/z', bytes: 5 }],
      ],
      [
        ['/d/y', 0, 1, 'removed', 1, 20],
        ['/d/x', 0, 1, 'removed', 1, 10],
      ],
    ],
    [
      'each of the files of one path',
      [[a100], [{ path: 'a', bytes: 50 }], ['.wh.a']],
      [
        ['/a', 0, 1, 'replaced', 1, 100],
        ['/a', 1, 2, 'removed', 1, 50],
      ],
    ],
    [
      'the first of two entries of one path in one layer',
      [[a100, { path: 'a', bytes: 3 }]],
      [['/a', 0, 0, 'replaced', 1, 100]],
    ],
    ['not what a hard link keeps', [[a100], [{ path: 'b', link: 'a' }, '.wh.a']], []],
    [
      'what has lost its last link',
      [[a100, { path: 'b', link: 'a' }], ['.wh.a'], ['.wh.b']],
      [['/a', 0, 2, 'removed', 1, 100]],
    ],
    [
      'what images never have in /run',
      [['usr/', 'run/', { path: 'run/x', bytes: 8 }]],
      [['/run/x', 0, undefined, 'emptied', 1, 8]],
    ],
    ['nothing of a whiteout itself', [[{ path: '.wh.a', bytes: 0 }]], []],
    [
      'paths with dots in them',
      [[{ path: './d/./a', bytes: 11 }], ['d/.wh.a']],
      [['/d/a', 0, 1, 'removed', 1, 11]],
    ],
  ])('%s', (_, layers, expected) => {
    expect(hiddenRows(layers)).toEqual(expected)
  })
})

const path = fc
  .array(fc.constantFrom('a', 'b', 'usr', 'run'), { minLength: 1, maxLength: 3 })
  .map(parts => parts.join('/'))

const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ path, bytes: fc.nat({ max: 200 }) }) },
  { weight: 2, arbitrary: path.map(text => `${text}/`) },
  { weight: 1, arbitrary: fc.record({ path, link: path }) },
  { weight: 2, arbitrary: path.map(text => text.replace(/[^/]+$/, name => `.wh.${name}`)) },
  { weight: 1, arbitrary: path.map(text => `${text}/.wh..wh..opq`) },
)

test('shown and hidden are all of the layers, whatever these are', () => {
  let merged = 0
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 12 }), { maxLength: 5 }), layers => {
      let stack: ReturnType<typeof stackOf>
      try {
        stack = stackOf(layers)
      } catch {
        return // not every list of entries makes a tree
      }
      merged++
      const sum = (pick: (layer: (typeof stack.layers)[number]) => number) =>
        stack.layers.reduce((total, layer) => total + pick(layer), 0)
      const shown = contentOf(stack.tree)
      expect(sum(({ bytes }) => bytes)).toBe(shown + sum(({ hiddenBytes }) => hiddenBytes))
      const rows = stack.hidden.reduce((total, { bytes }) => total + bytes, 0)
      expect(rows).toBe(sum(({ hiddenBytes }) => hiddenBytes))
      for (const { outline, bytes, hiddenBytes } of stack.layers) {
        let inOutline = 0
        let hidden = 0
        for (let node = 0; node < outline.size; node++) {
          inOutline += outline.bytes(node)
          hidden += outline.hidden(node)
          expect(outline.hidden(node)).toBeLessThanOrEqual(outline.bytes(node))
        }
        expect([inOutline, hidden]).toEqual([bytes, hiddenBytes])
      }
    }),
    { numRuns: 400 },
  )
  expect(merged).toBeGreaterThan(100)
})
