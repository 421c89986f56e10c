import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianRootfs, type LayoutFacts, splitTar, writeLayout } from '@composefs/test-fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, type Outcome, runOurs, textOf } from './programs.ts'

const rootfs = debianRootfs()
const why = 'reason' in rootfs ? `: ${rootfs.reason}` : ''

/** What a repair says that it did. */
interface Repair {
  readonly ok: boolean
  readonly layers: readonly { readonly diff_id: string; readonly size: number }[]
  readonly bytes_fetched: number
  readonly failures: readonly unknown[]
  readonly entries: readonly { readonly action: string }[]
  readonly before: { readonly ok: boolean }
}

const LAYER = 1

describe.skipIf('reason' in rootfs)(`a Debian root file system that went bad${why}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'composefs-repair-'))
  const repository = join(work, 'repository')
  let facts: LayoutFacts
  let image = ''
  /** Paths of the objects that only the files of the layer need, relative to the repository. */
  let objects: string[] = []
  let sound: readonly string[] = []

  beforeAll(() => {
    if ('reason' in rootfs) return
    const [a, b, c, d] = splitTar(rootfs.tar, 4)
    if (a === undefined || b === undefined || c === undefined || d === undefined)
      throw new Error('too few entries')
    facts = writeLayout(join(work, 'layout'), {
      tag: 'deb',
      layers: [
        { tar: a, compression: 'plain' },
        { tar: b, compression: 'gzip' },
        { tar: c, compression: 'zstd' },
        { tar: d, compression: 'gzip-members' },
      ],
    })
    image = `oci:${facts.directory}:deb`
    bytesOf(runOurs(['init', '--insecure', repository]))
    // Without a name: where it came from is its tag.
    bytesOf(run('oci', 'pull', image))
    objects = objectsOf(LAYER, [0, 2, 3])
    sound = entries()
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  const run = (...args: string[]): Outcome => runOurs(['--repo', repository, '-q', ...args])

  /** Objects of a layer that none of the others has. */
  function objectsOf(layer: number, others: readonly number[]): string[] {
    const namedBy = (i: number) => {
      const dump = textOf(run('oci', 'layer', '--dumpfile', facts.diffIds[i] as string))
      return new Set(dump.match(/\b[0-9a-f]{2}\/[0-9a-f]{126}\b/g))
    }
    const shared = others.map(namedBy)
    return [...namedBy(layer)]
      .filter(path => !shared.some(paths => paths.has(path)))
      .map(path => join('objects', path))
      .sort()
  }

  /** Every name of the repository, where it leads, and how long files are. */
  function entries(): string[] {
    return ['objects', 'streams', 'images'].flatMap(directory =>
      readdirSync(join(repository, directory), { recursive: true, withFileTypes: true })
        .filter(entry => !entry.isDirectory())
        .map(entry => {
          const path = join(entry.parentPath, entry.name)
          return entry.isSymbolicLink() ? `${path} ${readlinkSync(path)}` : path
        })
        .sort(),
    )
  }

  function spoil(path: string, how: 'deleted' | 'changed'): void {
    const file = join(repository, path)
    if (how === 'deleted') {
      rmSync(file)
      return
    }
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff
    writeFileSync(file, bytes)
  }

  const CASES = [
    { label: 'one object of a layer is', how: 'deleted', count: 1 },
    { label: 'one object of a layer is', how: 'changed', count: 1 },
    { label: '100 objects of a layer are', how: 'changed', count: 100 },
    { label: 'all objects of a layer are', how: 'deleted', count: undefined },
  ] as const

  test.each(CASES)('$label $how', { timeout: 300_000 }, ({ how, count }) => {
    const bad = objects.slice(0, count)
    expect(bad.length).toBeGreaterThan(0)
    for (const path of bad) spoil(path, how)

    const repaired = run('--json', 'fsck', '--repair')
    expect(repaired.stderr).toBe('')
    const report = JSON.parse(textOf(repaired)) as Repair
    expect(report).toMatchObject({ ok: true, failures: [], before: { ok: false } })
    // One layer of four, once, however much of it is bad.
    expect(report.layers.map(layer => layer.diff_id)).toEqual([facts.diffIds[LAYER]])
    expect(report.bytes_fetched).toBe(report.layers[0]?.size)
    expect(report.entries).toHaveLength(how === 'changed' ? bad.length : 0)

    expect(textOf(run('oci', 'fsck', '--content'))).toMatch(/status: ok\noci images: 1\/1 ok$/)
    expect(entries()).toEqual(sound)
  })

  test('nothing is wrong: nothing is fetched', { timeout: 300_000 }, () => {
    const report = JSON.parse(textOf(run('--json', 'fsck', '--repair'))) as Repair
    expect(report).toMatchObject({ ok: true, layers: [], bytes_fetched: 0, before: { ok: true } })
  })
})
