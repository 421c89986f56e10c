import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, debianRootfs, writeLayout } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { outputOf } from './explained-pairs.ts'
import { peer, runPeer, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const rootfs = peer === undefined ? { reason: 'CFSCTL_PEER is not set' } : debianRootfs()
const why = 'reason' in rootfs ? `: ${rootfs.reason}` : ''

interface Change {
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly parts: readonly string[]
}

describe.skipIf('reason' in rootfs)(`two variants of Debian, the peer as witness${why}`, () => {
  const work = temporaryDirectory()
  const repository = join(work, 'repository')
  const inRepository = (...args: string[]) => ['--repo', repository, ...args]
  /** What the peer prints of the image that a tag has. */
  const ofImage = (tag: string, ...words: string[]) =>
    textOf(runPeer(['composefs-info', ...words, images[tag] ?? ''])).split('\n')
  const images: Record<string, string> = {}
  let document: {
    readonly changes: readonly Change[]
    readonly counts: Readonly<Record<string, number>>
    readonly fetch: Readonly<Record<string, number>>
  }

  beforeAll(async () => {
    if ('reason' in rootfs) return
    await outputOf(['init', '--insecure', '--algorithm', 'fsverity-sha256-12', repository])
    const base = { tar: rootfs.tar, compression: 'plain' } as const
    const above = await buildTar([
      { name: 'etc/debian_version', content: 'changed\n' },
      { name: 'usr/share/.wh.doc' },
      { name: 'opt/app', type: 'directory' },
      { name: 'opt/app/data', content: 'd'.repeat(70_000) },
      { name: 'opt/app/same', content: 'd'.repeat(70_000) },
      { name: 'opt/app/link', type: 'link', linkname: 'opt/app/data' },
      { name: 'usr/bin/env', content: 'e'.repeat(5000), mode: 0o4755 },
    ])
    for (const [tag, layers] of [
      ['before', [base]],
      ['after', [base, { tar: above, compression: 'plain' } as const]],
    ] as const) {
      const layout = join(work, tag)
      mkdirSync(layout)
      writeLayout(layout, { tag, layers })
      await outputOf(inRepository('--quiet', 'oci', 'pull', `oci:${layout}:${tag}`, tag))
      const inspected = JSON.parse(await outputOf(inRepository('--json', 'oci', 'inspect', tag)))
      images[tag] = join(repository, 'images', inspected.composefs_erofs)
    }
    document = JSON.parse(await outputOf(inRepository('--json', 'diff', 'before', 'after')))
  }, 600_000)

  test('names that came and went are those of the dumps of the peer', () => {
    const [before, after] = ['before', 'after'].map(tag => dumpLines(ofImage(tag, 'dump')))
    const paths = (change: Change['change']) =>
      document.changes.filter(each => each.change === change).map(({ path }) => path)
    const only = (from: Map<string, string>, other: Map<string, string>) =>
      [...from.keys()].filter(path => !other.has(path))
    expect(paths('removed')).toEqual(only(before as never, after as never))
    expect(paths('added')).toEqual(only(after as never, before as never))
    expect(paths('removed').length).toBeGreaterThan(100)
    // Of names on both sides those are told whose lines differ, link counts left aside.
    const differing = [...(before as Map<string, string>)]
      .filter(([path, line]) => after?.has(path) && after.get(path) !== line)
      .map(([path]) => path)
    expect(paths('changed')).toEqual(differing)
    expect(differing).toEqual(expect.arrayContaining(['/etc/debian_version', '/usr/bin/env']))
  })

  test('objects to fetch are those that the peer lists for one image and not for the other', () => {
    const [before, after] = ['before', 'after'].map(tag => new Set(ofImage(tag, 'objects')))
    const missing = [...(after as Set<string>)].filter(object => !before?.has(object))
    const bytes = (objects: Iterable<string>) =>
      Array.from(objects, path => statSync(join(repository, 'objects', path)).size).reduce(
        (sum, size) => sum + size,
        0,
      )
    expect(document.fetch).toEqual({
      objects: missing.length,
      bytes: bytes(missing),
      objects_needed: after?.size,
      bytes_needed: bytes(after as Set<string>),
    })
    // One of the two files of the same content, and the new env.
    expect(missing).toHaveLength(2)
    expect(bytes(missing)).toBe(75_000)
  })

  test('who has the objects of the first misses just those, as the peer finds', () => {
    const objects = join(work, 'present')
    const listed = ofImage('before', 'objects')
    for (const path of listed) {
      mkdirSync(join(objects, path, '..'), { recursive: true })
      writeFileSync(join(objects, path), '')
    }
    const missing = textOf(
      runPeer(['composefs-info', 'missing-objects', `--basedir=${objects}`, images.after ?? '']),
    ).split('\n')
    expect(missing).toHaveLength(document.fetch.objects ?? 0)
  })

  test('the same image twice: nothing', async () => {
    const same = JSON.parse(await outputOf(inRepository('--json', 'diff', 'after', 'after')))
    expect(same).toMatchObject({ same: true, changes: [], fetch: { objects: 0, bytes: 0 } })
  })

  test('the second names the layer, and then what it did', async () => {
    const explained = JSON.parse(
      await outputOf(inRepository('--json', 'explain', 'before', 'after')),
    )
    expect(explained.rule).toBe('added-layer')
    expect(explained.rules.map(({ rule }: { rule: string }) => rule)).toEqual(
      expect.arrayContaining(['changed-file', 'removed-entry', 'added-entry', 'mode-bits']),
    )
  })
})

/** Lines of a dump by their path, without what depends on other names: the link count. */
function dumpLines(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.map(line => {
      const fields = line.split(' ')
      return [fields[0] ?? '', fields.with(3, '-').slice(1).join(' ')]
    }),
  )
}
