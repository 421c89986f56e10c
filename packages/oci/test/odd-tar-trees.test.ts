import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { type FileTree, writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { isOciError, LayerMerger, transformTree } from '../src/index.ts'
import { splitInMemory } from './split-in-memory.ts'

interface OddTar {
  readonly file: string
  readonly cfsctl: { readonly tree_dump: string | null }
  /** What we do: `same` as cfsctl, or `accept…`, `refuse…` and why. */
  readonly want: string
}

const directory = join(vectorsDirectory, 'repo')
const { odd_tars: oddTars } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
  readonly odd_tars: Readonly<Record<string, OddTar>>
}

const USR = '/usr 0 40755 2 0 0 0 1700000000.0 - - -'
const PLAIN = ['/ 0 40755 3 0 0 0 1700000000.0 - - -', USR]
const BIG = '588a7ed3f5c166501e932b6195d438e07d6ce22ce66198bd10345556a715bfde'

/** What we make of layers that cfsctl refuses or takes otherwise. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  'empty-tar': ['/ 0 40755 2 0 0 0 0.0 - - -'],
  'missing-parent': [
    '/ 0 40755 4 0 0 0 1700000000.0 - - -',
    '/opt 0 40755 3 0 0 0 0.0 - - -',
    '/opt/a 0 40755 2 0 0 0 0.0 - - -',
    '/opt/a/b 1 100644 1 0 0 0 0.0 - 1 -',
    USR,
  ],
  'no-end-blocks-empty-last': [...PLAIN, '/usr/f 0 100644 1 0 0 0 0.0 - - -'],
  'one-end-block': [...PLAIN, `/usr/f 70 100644 1 0 0 0 0.0 58/${BIG.slice(2)} - ${BIG}`],
  'only-end': ['/ 0 40755 2 0 0 0 0.0 - - -'],
  'pax-empty-path': [...PLAIN, '/usr/f 1 100644 1 0 0 0 0.0 - x -'],
  'pax-negative-mtime': [...PLAIN, '/usr/f 1 100644 1 0 0 0 -2.500000000 - x -'],
  'pax-nonutf8-key': [...PLAIN, '/usr/f 1 100644 1 0 0 0 0.0 - x -'],
  'run-is-symlink': [
    '/ 0 40755 4 0 0 0 1700000000.0 - - -',
    '/run 3 120777 1 0 0 0 0.0 var - -',
    USR,
    '/var 0 40755 2 0 0 0 0.0 - - -',
  ],
  'usr-is-symlink': [
    '/ 0 40755 3 0 0 0 0.0 - - -',
    '/real 0 40755 2 0 0 0 0.0 - - -',
    '/usr 4 120777 1 0 0 0 0.0 real - -',
  ],
  'wh-plnk': PLAIN,
  'whiteout-after-entry': [...PLAIN, '/usr/new 1 100644 1 0 0 0 0.0 - 1 -'],
  'whiteout-missing-parent': PLAIN,
}

function imageOf(tar: OddTar): FileTree {
  const merger = new LayerMerger(SHA256)
  merger.beginLayer({ index: 0, diffId: tar.file })
  const { entries } = splitInMemory([readFileSync(join(directory, tar.file))])
  for (const entry of entries) merger.apply(entry)
  const tree = merger.finish()
  transformTree(tree, { xattrs: 'allowlist-only' })
  return tree
}

function dump(tree: FileTree): string {
  return Buffer.concat([...writeDump(tree)]).toString()
}

const cases = Object.entries(oddTars)
const same = cases.filter(([, tar]) => tar.want === 'same')

describe('an image of one odd tar', () => {
  test.each(same.filter(([, tar]) => tar.cfsctl.tree_dump !== null))(
    '%s is as with cfsctl',
    (_, tar) => {
      expect(dump(imageOf(tar))).toBe(tar.cfsctl.tree_dump)
    },
  )

  const refused = [
    ...same.filter(([, tar]) => tar.cfsctl.tree_dump === null),
    ...cases.filter(([, tar]) => tar.want.startsWith('refuse')),
  ]
  test.each(refused)('%s is refused', (_, tar) => {
    expect(() => imageOf(tar)).toThrow(expect.toSatisfy(error => isOciError(error)))
  })

  const others = cases.filter(([, tar]) => tar.want !== 'same' && !tar.want.startsWith('refuse'))
  test.each(others)('%s is accepted', (name, tar) => {
    expect(dump(imageOf(tar)).trimEnd().split('\n')).toEqual(OURS[name])
  })
})
