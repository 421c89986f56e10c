import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, writeLayout } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, runOurs, textOf } from './programs.ts'
import { type TracedCall, tracedCalls, tracingUnavailable } from './system-calls.ts'
import { temporaryDirectory } from './temporary.ts'

// What a crash leaves depends on nothing but the order of the calls that change the disk, so that is what is looked at:
// no name without all it needs, and all of that on the disk before the name.

const unavailable = tracingUnavailable()

describe.skipIf(unavailable !== undefined)(
  `the order of writing${unavailable === undefined ? '' : `: ${unavailable}`}`,
  () => {
    const work = temporaryDirectory()
    const repository = join(work, 'r')
    const copy = join(work, 'copy')
    const layout = join(work, 'layout')
    const tree = join(work, 'tree')
    let layer: Uint8Array
    const traced = (where: string, ...args: string[]) =>
      tracedCalls(where, ['--repo', where, ...args])

    beforeAll(async () => {
      const tars = [
        await buildTar([
          { name: 'usr/', type: 'directory' },
          { name: 'usr/large', content: 'x'.repeat(5000) },
        ]),
        await buildTar([{ name: 'usr/second', content: 'y'.repeat(100) }]),
      ]
      writeLayout(layout, {
        tag: 't',
        layers: tars.map(tar => ({ tar, compression: 'gzip' as const })),
      })
      layer = tars[0] ?? new Uint8Array(0)
      mkdirSync(join(tree, 'usr'), { recursive: true })
      writeFileSync(join(tree, 'usr/file'), 'z'.repeat(3000))
      for (const path of [repository, copy]) textOf(runOurs(['init', '--insecure', path]))
    })

    test('of a new repository: meta.json is on the disk before it has its name', () => {
      const path = join(work, 'new')
      const calls = tracedCalls(path, ['init', '--insecure', path])
      expect(calls.map(({ name }) => name)).toEqual(['mkdir', 'fsync', 'linkat'])
    })

    test('of a pull: one sync, before all names', () => {
      const calls = traced(repository, 'oci', 'pull', `oci:${layout}:t`, 'app')
      expect(syncs(calls)).toEqual(['syncfs'])
      expect(kindsOf(namesOf(calls))).toEqual([
        'layer',
        'layer',
        'image',
        'config',
        'manifest',
        'ref',
      ])
      assertOrder(repository, calls)
    })

    test('of a pull of what is there: nothing is written', () => {
      expect(traced(repository, 'oci', 'pull', `oci:${layout}:t`, 'app')).toEqual([])
    })

    test('of a tag: a name for what is on the disk needs no sync, and one that moves is never gone', () => {
      const calls = traced(repository, 'oci', 'tag', 'app', 'second')
      expect(calls.map(({ name }) => name)).toEqual(['symlink'])
      expect(traced(repository, 'oci', 'tag', 'app', 'second')).toEqual([])
    })

    test('of a seal: one sync; the tag moves last, at once', () => {
      const calls = traced(repository, 'oci', 'seal', 'app')
      expect(syncs(calls)).toEqual(['syncfs'])
      expect(kindsOf(namesOf(calls))).toEqual(['config', 'manifest', 'ref'])
      assertOrder(repository, calls)
      const [link, rename, ...more] = calls.slice(
        calls.findLastIndex(({ name }) => name === 'symlink'),
      )
      expect([link?.name, rename?.name, more]).toEqual(['symlink', 'rename', []])
      expect(rename?.texts).toEqual([link?.texts[1], join(repository, 'streams/refs/oci/app')])
    })

    test('of a copy: one sync, before all names', () => {
      const calls = traced(copy, 'oci', 'copy', 'app', '--from', repository, '--name', 'app')
      expect(syncs(calls)).toEqual(['syncfs'])
      expect(kindsOf(namesOf(calls))).toEqual([
        'layer',
        'layer',
        'image',
        'config',
        'manifest',
        'ref',
      ])
      assertOrder(copy, calls)
    })

    test.each<[string, () => readonly string[], () => Uint8Array, readonly string[]]>([
      [
        'create-image',
        () => ['create-image', tree, 'x'],
        () => new Uint8Array(0),
        ['image', 'ref'],
      ],
      ['import-image', () => ['import-image', 'x'], someImage, ['image', 'ref']],
      [
        'oci import-layer',
        () => ['oci', 'import-layer', `sha256:${sha256(layer)}`, 'x'],
        () => layer,
        ['layer', 'ref'],
      ],
    ])('of %s: one sync, before all names', (name, args, input, kinds) => {
      const path = join(work, name.replace(' ', '-'))
      textOf(runOurs(['init', '--insecure', path]))
      const calls = tracedCalls(path, ['--repo', path, ...args()], input())
      expect(syncs(calls)).toEqual(['syncfs'])
      expect(kindsOf(namesOf(calls))).toEqual(kinds)
      assertOrder(path, calls)
    })

    function someImage(): Uint8Array {
      const images = join(repository, 'images')
      const hex = readdirSync(images).find(name => name !== 'refs') ?? ''
      return readFileSync(join(images, hex))
    }

    test('of gc: names go before what they need, also on the disk', () => {
      bytesOf(runOurs(['--repo', copy, 'oci', 'untag', 'app']))
      const calls = traced(copy, 'gc')
      const order = calls.map(({ name, texts }) =>
        /sync/.test(name) ? name : texts[0]?.slice(copy.length + 1).split('/')[0],
      )
      const [links, objects] = [
        order.slice(0, order.indexOf('syncfs')),
        order.slice(order.indexOf('syncfs') + 1),
      ]
      expect(new Set(links)).toEqual(new Set(['images', 'streams']))
      expect(new Set(objects)).toEqual(new Set(['objects']))
    })
  },
)

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A name that appears: a symlink, made in place or renamed to its place. */
interface Name {
  readonly path: string
  readonly text: string
  /** Which of the calls it was. */
  readonly at: number
}

const syncs = (calls: readonly TracedCall[]) =>
  calls.map(({ name }) => name).filter(name => /sync/.test(name))

function namesOf(calls: readonly TracedCall[]): Name[] {
  const temporary = new Map<string, string>()
  return calls.flatMap(({ name, texts: [first = '', second = ''] }, at) => {
    if (/^symlink/.test(name)) {
      if (!second.includes('/.symlink-')) return [{ path: second, text: first, at }]
      temporary.set(second, first)
    }
    const text = /^rename/.test(name) ? temporary.get(first) : undefined
    return text === undefined ? [] : [{ path: second, text, at }]
  })
}

function kindsOf(names: readonly Name[]): string[] {
  return names.map(({ path }) => {
    if (path.includes('/refs/')) return 'ref'
    if (path.includes('/images/')) return 'image'
    return /\/oci-(layer|config|manifest|blob)-/.exec(path)?.[1] ?? path
  })
}

/** Every name comes after a sync that comes after the object it is for, and every ref after its name. */
function assertOrder(repository: string, calls: readonly TracedCall[]): void {
  const names = namesOf(calls)
  const written = new Map(
    calls.flatMap(({ name, texts }, at) =>
      /^(?:link|rename)/.test(name) ? [[texts.at(-1) ?? '', at] as const] : [],
    ),
  )
  const firstName = Math.min(...names.map(({ at }) => at))
  const sync = calls.findIndex(({ name }) => name === 'syncfs')
  expect(sync).toBeLessThan(firstName)
  for (const { path, text, at } of names) {
    if (!text.includes('objects/')) {
      const named = names.find(other => other.path.endsWith(text.replace(/^(?:\.\.\/)+/, '/')))
      expect(named === undefined || named.at < at, path).toBe(true)
      continue
    }
    const object = join(repository, text.replace(/^(?:\.\.\/)+/, ''))
    expect(written.get(object) ?? -1, path).toBeLessThan(sync)
  }
  // Nothing is written behind the names' backs.
  expect(
    Math.max(...[...written].filter(([path]) => path.includes('/objects/')).map(([, at]) => at)),
  ).toBeLessThan(sync)
}
