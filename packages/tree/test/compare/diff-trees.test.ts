import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { generateDump } from '@composefs/test-fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DifferenceCounter,
  diffTrees,
  type FileTree,
  objectsToFetch,
  parseDump,
  walk,
} from '../../src/index.ts'
import { editedTree } from './edited-tree.ts'

function changes(a: FileTree, b: FileTree): string[] {
  return Array.from(
    diffTrees(a, b),
    ({ change, parts, path }) => `${change} ${showUtf8(path)} ${parts}`,
  )
}

const SEED = fc.integer({ min: 1, max: 2 ** 31 })

describe('the differences of two trees', () => {
  test('are exactly the edits that led from one to the other', () => {
    let found = 0
    fc.assert(
      fc.property(SEED, fc.integer({ min: 1, max: 80 }), fc.nat(12), (seed, size, count) => {
        const { after, before, edits } = editedTree(seed, size, count)
        expect(changes(before, after)).toEqual(edits)
        found += edits.length
      }),
      { numRuns: 400 },
    )
    expect(found).toBeGreaterThan(400)
  })

  test('the other way round are the same, added and removed exchanged', () => {
    const back = { added: 'removed', removed: 'added', changed: 'changed' } as const
    fc.assert(
      fc.property(SEED, seed => {
        const { after, before } = editedTree(seed, 60, 10)
        const turned = Array.from(
          diffTrees(after, before),
          ({ change, parts, path }) => `${back[change]} ${showUtf8(path)} ${parts}`,
        )
        expect(turned).toEqual(changes(before, after))
      }),
      { numRuns: 100 },
    )
  })

  test('of a tree and itself, or its copy, are none', () => {
    const data = encodeUtf8(`${[...generateDump(2000, 3)].join('\n')}\n`)
    const tree = parseDump(data, SHA256)
    expect(changes(tree, tree)).toEqual([])
    expect(changes(tree, parseDump(data, SHA256))).toEqual([])
    expect(objectsToFetch(tree, tree)).toMatchObject({ objects: 0, bytes: 0 })
  })

  test('give first names of hard links, and what is below a type that changed', () => {
    const [a, b] = [
      '/ 0 40755 3 0 0 0 0.0 - - -\n/d 0 40755 2 0 0 0 0.0 - - -\n/d/x 1 100644 2 0 0 0 0.0 - x -\n/e 0 @120000 - - - - 0.0 /d/x - -\n',
      '/ 0 40755 2 0 0 0 0.0 - - -\n/d 0 10755 2 0 0 0 0.0 - - -\n/e 1 100644 2 0 0 0 0.0 - x -\n/f 0 @120000 - - - - 0.0 /e - -\n',
    ].map(text => parseDump(encodeUtf8(text), SHA256)) as [FileTree, FileTree]
    expect(
      Array.from(diffTrees(a, b), ({ change, linkA, linkB, parts, path }) => [
        showUtf8(path),
        change,
        parts,
        linkA && showUtf8(linkA),
        linkB && showUtf8(linkB),
      ]),
    ).toEqual([
      ['/d', 'changed', ['type'], undefined, undefined],
      ['/d/x', 'removed', [], undefined, undefined],
      ['/f', 'added', [], undefined, '/e'],
    ])
  })

  test('are counted by kind, part and directory', () => {
    fc.assert(
      fc.property(SEED, seed => {
        const { after, before, edits } = editedTree(seed, 60, 10)
        const counter = new DifferenceCounter()
        for (const difference of diffTrees(before, after)) counter.add(difference)
        const counts = counter.counts()
        const expected = countsOfEdits(edits)
        expect(counts).toEqual(expected)
        expect([...counts.directories.keys()]).toEqual([...expected.directories.keys()])
      }),
      { numRuns: 50 },
    )
  })
})

describe('objects to fetch', () => {
  test('are those of the second tree without those of the first, each once', () => {
    fc.assert(
      fc.property(SEED, seed => {
        const { after, before } = editedTree(seed, 60, 10)
        const [known, wanted] = [objectsOf(before), objectsOf(after)]
        const missing = [...wanted].filter(([name]) => !known.has(name))
        expect(objectsToFetch(before, after)).toEqual({
          ...countsOf(missing),
          needed: countsOf([...wanted]),
        })
      }),
      { numRuns: 200 },
    )
  })

  test('go by the name of the object, be it digest or payload, however many there are', () => {
    const lines = ['/ 0 40755 2 0 0 0 0.0 - - -']
    for (let i = 0; i < 3000; i++) {
      const hex = i.toString(16).padStart(64, '0')
      lines.push(`/f${i} ${i} 100644 1 0 0 0 0.0 ${hex.slice(0, 2)}/${hex.slice(2)} - ${hex}`)
    }
    const a = parseDump(encodeUtf8(lines.slice(0, 2001).join('\n')), SHA256)
    const hex = 'f'.repeat(64)
    lines.push(`/p 5 100644 1 0 0 0 0.0 some/where.file - ${hex}`)
    lines.push('/q 7 100644 1 0 0 0 0.0 else/where.file - -')
    lines.push(`/r 9 100644 1 0 0 0 0.0 ${hex.slice(0, 2)}/${hex.slice(2)} - -`)
    const b = parseDump(encodeUtf8(lines.join('\n')), SHA256)
    const sum = (2000 + 2999) * 500
    expect(objectsToFetch(a, b)).toEqual({
      objects: 1003,
      bytes: sum + 21,
      needed: { objects: 3003, bytes: (2999 * 3000) / 2 + 21 },
    })
    expect(objectsToFetch(b, a)).toMatchObject({ objects: 0, bytes: 0 })
  })
})

function countsOfEdits(edits: readonly string[]) {
  const nothing = { added: 0, removed: 0, changed: 0 }
  const total = { ...nothing }
  const parts = new Map<string, number>()
  const directories = new Map<string, typeof nothing>()
  for (const edit of edits) {
    const [change, path, part] = edit.split(' ') as [keyof typeof nothing, string, string]
    const directory = Buffer.from(`/${path.split('/')[1]}`).toString('latin1')
    const inDirectory = directories.get(directory) ?? { ...nothing }
    directories.set(directory, inDirectory)
    total[change]++
    inDirectory[change]++
    if (part !== '') parts.set(part, (parts.get(part) ?? 0) + 1)
  }
  return { ...total, parts, directories }
}

function countsOf(objects: readonly [string, number][]) {
  return { objects: objects.length, bytes: objects.reduce((sum, [, size]) => sum + size, 0) }
}

/** Sizes of the objects of a tree, by digest. */
function objectsOf(tree: FileTree): Map<string, number> {
  const objects = new Map<string, number>()
  for (const { inode } of walk(tree)) {
    if (tree.isDirectory(inode)) continue
    const content = tree.content(inode)
    if (content.kind === 'external') objects.set(content.digest.hex, content.size)
  }
  return objects
}
