import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeView, Outline, type View, type ViewGroup } from '../src/index.ts'

function outlineOf(files: readonly (readonly [string, number])[]): Outline {
  const outline = new Outline(SHA256)
  for (const [path, bytes] of files) outline.addFile(outline.at(encodeUtf8(path)), bytes, undefined)
  return outline
}

/** A view as lines: path, kind, bytes, files. */
function lines({ nodes }: View): string[] {
  const paths: string[] = []
  return nodes.map(({ name, parent, kind, bytes, files }, index) => {
    const path = index === 0 ? '' : `${paths[parent]}/${showUtf8(name)}`
    paths.push(path)
    return `${path} ${kind} ${bytes} ${files}`
  })
}

describe('a view', () => {
  test('has directories with everything below them, the largest first', () => {
    const outline = outlineOf([
      ['/a/x', 5],
      ['/b/c/y', 20],
      ['/b/z', 1],
      ['/empty', 0],
    ])
    expect(lines(makeView('directory', [{ outline }]))).toEqual([
      ' directory 26 4',
      '/b directory 21 2',
      '/a directory 5 1',
      '/b/c directory 20 1',
      '/b/z file 1 1',
      '/a/x file 5 1',
      '/b/c/y file 20 1',
    ])
  })

  test('has a group for each outline with a name', () => {
    const groups = [
      { name: encodeUtf8('one'), outline: outlineOf([['/a', 1]]) },
      { name: encodeUtf8('two'), outline: outlineOf([['/a', 2]]) },
    ]
    expect(lines(makeView('layer', groups))).toEqual([
      ' directory 3 2',
      '/two group 2 1',
      '/one group 1 1',
      '/two/a file 2 1',
      '/one/a file 1 1',
    ])
  })

  test('leaves out the smallest, which their directory still counts', () => {
    const outline = outlineOf([
      ['/a/big', 100],
      ['/a/small', 1],
      ['/a/tiny', 1],
    ])
    const view = makeView('directory', [{ outline }], 3)
    expect(lines(view)).toEqual([' directory 102 3', '/a directory 102 3', '/a/big file 100 1'])
    expect(view.omitted).toBe(2)
  })

  test('keeps deep paths', () => {
    const outline = outlineOf([[`/${'d/'.repeat(5000)}f`, 3]])
    const { nodes } = makeView('directory', [{ outline }])
    expect(nodes.length).toBe(5002)
    expect(nodes.at(-1)).toMatchObject({ kind: 'file', bytes: 3, parent: 5000 })
  })
})

const file = fc.tuple(
  fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
    .map(p => `/${p.join('/')}`),
  fc.nat({ max: 1000 }),
)
const groups = fc
  .array(fc.record({ files: fc.array(file, { maxLength: 30 }), isNamed: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  })
  .map(list =>
    list.map(({ files, isNamed }, i): ViewGroup => {
      const outline = outlineOf(files)
      return isNamed ? { name: encodeUtf8(`g${i}`), outline } : { outline }
    }),
  )

test('a view adds up, however much of it is left out', () => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 60 }), (list, max) => {
      const { nodes, omitted } = makeView('layer', list, max)
      expect(nodes.length).toBeLessThanOrEqual(max)
      let whole = 0
      for (const { outline } of list) {
        for (let node = 0; node < outline.size; node++) whole += outline.bytes(node)
      }
      expect(nodes[0]?.bytes).toBe(whole)
      const below = nodes.map(() => ({ bytes: 0, files: 0 }))
      for (const [index, { parent, bytes, files }] of nodes.entries()) {
        if (index === 0) continue
        expect(parent).toBeLessThan(index)
        const sums = below[parent] as { bytes: number; files: number }
        sums.bytes += bytes
        sums.files += files
      }
      for (const [index, { bytes, files, kind }] of nodes.entries()) {
        const sums = below[index] as { bytes: number; files: number }
        expect(sums.bytes).toBeLessThanOrEqual(bytes)
        expect(sums.files).toBeLessThanOrEqual(files)
        if (kind === 'file') expect(sums.bytes).toBe(0)
      }
      if (omitted > 0) return
      // With every node there, the bytes of a directory are those of its children and of files of its own path.
      const own = nodes.reduce((sum, { bytes }, i) => sum + bytes - (below[i]?.bytes ?? 0), 0)
      expect(own).toBe(whole)
    }),
  )
})
