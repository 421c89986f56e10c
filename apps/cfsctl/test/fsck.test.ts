import { appendFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

interface Document {
  readonly ok: boolean
  readonly errors: readonly string[]
  readonly errors_detail: readonly Detail[]
  readonly warnings: readonly string[]
  readonly duration_ms: number
}

interface Detail {
  readonly kind: string
  readonly path: string
  readonly object_id: string | null
  readonly images: readonly string[]
  readonly repairable: boolean
  readonly files: readonly { readonly image: string; readonly path: string }[]
  readonly files_total: number
}

const quiet = ['--progress', 'none']

/** Unpacks a repository of the vectors below `directory`; returns where it is. */
function unpackVector(directory: string, name: string): string {
  unpack(join(vectorsDirectory, 'repo', 'repos', `${name}.tar`), directory)
  return join(directory, name)
}

describe('fsck', () => {
  const work = temporaryDirectory()
  const sound = unpackVector(work, 'sha256-v1')
  const broken = unpackVector(work, 'broken')

  test.each(['1', '2'])('of a sound repository says so, with --jobs %s', jobs => {
    expect(textOf(runOurs(['--repo', sound, '--jobs', jobs, 'fsck']))).toBe(
      [
        'meta.json: ok',
        'objects: 50/50 ok',
        'streams: 15/15 ok',
        'images: 3/3 ok',
        'status: ok',
      ].join('\n'),
    )
  })

  test('of a broken one tells what is wrong and exits 4', () => {
    const { status, stdout, stderr } = runOurs([...quiet, '--repo', broken, 'fsck'])
    expect(status).toBe(4)
    expect(stderr).toMatch(/^error: repository integrity check failed\n/)
    const lines = stdout.toString().split('\n')
    expect(lines.slice(0, 7)).toEqual([
      'meta.json: ok',
      'objects: 26/28 ok',
      'streams: 7/10 ok',
      'images: 1/2 ok',
      'broken symlinks: 2',
      'missing objects: 2',
      'status: 9 error(s)',
    ])
    expect(lines.slice(7, -1).every(line => line.startsWith('  - fsck: '))).toBe(true)
    expect(lines).toHaveLength(17)
  })

  test('without the objects takes less', () => {
    const args = [...quiet, '--repo', broken, 'fsck', '--metadata-only']
    expect(runOurs(args).stdout.toString()).toContain('objects: 0/0 ok\n')
  })

  test('with --json exits 0, with --fail 4, and the document names images and files', () => {
    const json = [...quiet, '--json', '--repo', broken, 'fsck']
    const document = JSON.parse(textOf(runOurs(json))) as Document
    expect(document.ok).toBe(false)
    expect(document.errors).toHaveLength(9)
    const missing = document.errors_detail.find(({ kind }) => kind === 'missing-object-ref')
    expect(missing).toMatchObject({
      object_id: '5c571e18a0cc326d24a14a2170951b1f417e3557a82e1c04c69f0a32c7cbf000',
      images: ['basic'],
      repairable: true,
      files_total: 2,
    })
    expect(missing?.files.map(({ path }) => path)).toEqual(['/etc/dup65', '/etc/f65'])
    const plain = document.errors_detail.find(({ kind }) => kind === 'entry-not-symlink')
    expect(plain).toMatchObject({ object_id: null, images: [], repairable: false, files: [] })
    expect(Number.isInteger(document.duration_ms)).toBe(true)
    const failed = runOurs([...json, '--fail'])
    expect(failed.status).toBe(4)
    expect(JSON.parse(failed.stdout.toString())).toMatchObject({ ok: false })
    expect(JSON.parse(failed.stderr)).toMatchObject({ error: { code: 'fsck-errors', exit: 4 } })
  })

  test('names the tag and the path that a changed object hits', () => {
    const path = unpackVector(join(work, 'changed'), 'sha256-v1')
    const object = 'objects/3d/e479f76e44186bee52d6bb42b55185b672371c62804155e12676905bad16eb'
    appendFileSync(join(path, object), 'x')
    const document = JSON.parse(
      textOf(runOurs([...quiet, '--json', '--repo', path, 'fsck'])),
    ) as Document
    expect(document.errors_detail).toMatchObject([
      { kind: 'object-digest-mismatch', path: object, images: ['basic:v1'], files_total: 1 },
    ])
  })

  test('tells how it gets on', () => {
    const { stderr } = runOurs(['--progress', 'json', '--repo', sound, 'fsck'])
    const frames = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(frames[0]).toMatchObject({ started: { id: 'total', total: 50, unit: 'Items' } })
    expect(frames.at(-1)).toMatchObject({ completed: { ok: true, objects_checked: 50 } })
  })

  test('leaves a repository without meta.json as it is', () => {
    const path = unpackVector(join(work, 'legacy'), 'legacy-old-headers')
    const before = readdirSync(path)
    expect(textOf(runOurs([...quiet, '--repo', path, 'fsck']))).toMatch(/^meta.json: absent\n/)
    expect(readdirSync(path)).toEqual(before)
    rmSync(path, { recursive: true })
    expect(runOurs(['--repo', path, 'fsck']).status).toBe(3)
  })
})
