import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { peer, runOurs, runPeer, textOf } from './programs.ts'
import { startOurs } from './running.ts'
import { unpack } from './unpack.ts'

const repositories = join(vectorsDirectory, 'repo', 'repos')
const work = mkdtempSync(join(tmpdir(), 'cfsctl-gc-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
let count = 0

/** A copy of a repository of the vectors. */
function unpackCopy(name: string): string {
  const directory = join(work, String(count++))
  unpack(join(repositories, `${name}.tar`), directory)
  return join(directory, name)
}

const ours = (repository: string, ...args: string[]) => runOurs(['--repo', repository, ...args])
const document = (repository: string, ...args: string[]) =>
  JSON.parse(textOf(runOurs(['--json', '--repo', repository, ...args])))

/** Every name and what it is, in one text. */
const filesOf = (repository: string) =>
  execFileSync('find', [repository, '-printf', '%P %y %l\n']).toString().split('\n').sort()

const SOUND = ['images', 'sha256-v1', 'sha256-v2', 'sha256-dual', 'sha512-v1', 'sealed']

describe.skipIf(peer === undefined)('gc, ours against the peer: CFSCTL_PEER', () => {
  test.each<readonly [string, readonly string[]]>(
    SOUND.flatMap<readonly [string, readonly string[]]>(name => [
      [name, []],
      [name, ['-n']],
    ]).concat([['sha256-v1', ['-r', 'nothing', '--root', 'oci-manifest-sha256:none']]]),
  )('on %s with %j', (name, options) => {
    const repository = unpackCopy(name)
    const copy = `${repository}-peer`
    cpSync(repository, copy, { recursive: true, verbatimSymlinks: true })
    expect(textOf(ours(repository, 'gc', ...options))).toBe(
      textOf(runPeer(['--repo', copy, 'gc', ...options])),
    )
    expect(filesOf(repository)).toEqual(filesOf(copy))
    const fsck = runPeer(['--repo', repository, 'fsck'])
    expect(fsck.status, textOf(fsck)).toBe(0)
  })
})

describe('gc', () => {
  test('as JSON, dry and real', () => {
    const repository = unpackCopy('sha256-v1')
    const before = filesOf(repository)
    const dry = document(repository, 'gc', '--dry-run')
    expect(filesOf(repository)).toEqual(before)
    const real = document(repository, 'gc')
    expect({ ...real, dry_run: true }).toEqual(dry)
    expect(real).toEqual({
      schema: 'cfsctl.gc/1',
      dry_run: false,
      objects_removed: 6,
      objects_bytes: 2106,
      images_pruned: 0,
      streams_pruned: 0,
      refs_pruned: 0,
      temporaries_removed: 0,
      roots: 6,
      objects_kept: 44,
      bytes_kept: 87837,
      ignored: [],
    })
  })

  test('explains what each name keeps', () => {
    const repository = unpackCopy('sha256-v1')
    const { by_root } = document(repository, 'gc', '-n', '--explain')
    expect(by_root.map(({ name, kind }: { name: string; kind: string }) => [kind, name])).toEqual([
      ['oci', 'basic:v1'],
      ['oci', 'sbom'],
      ['oci', 'wh/base:1'],
      ['oci', 'wh/latest%'],
      ['stream', 'name'],
      ['stream', expect.stringMatching(/^oci-referrers\//)],
    ])
    expect(by_root[0]).toEqual({
      name: 'basic:v1',
      kind: 'oci',
      objects: 13,
      bytes: 29833,
      unique_objects: 12,
      unique_bytes: 25737,
    })
    const text = textOf(ours(repository, 'gc', '-n', '--explain'))
    expect(text).toMatch(/^Dry run .*\nObjects: 6 removed .*\n┌/)
    expect(text).toMatch(/│ basic:v1 +┆ oci +┆ 13 +┆ 29\.13 KiB ┆ 25\.13 KiB │/)
  })

  test('says why an object is kept, and removes nothing', () => {
    const repository = unpackCopy('sha256-v1')
    const before = filesOf(repository)
    const [image = ''] = readdirSync(join(repository, 'images'))
    const path = `objects/${image.slice(0, 2)}/${image.slice(2)}`
    const text = textOf(ours(repository, 'gc', '--why', image))
    expect(text).toMatch(/^streams\/refs\/oci\/.*\n {2}streams\/oci-manifest-sha256:/)
    expect(text).toContain(`\n  composefs.image.v1\n  ${path}`)
    for (const spelling of [`sha256:${image}`, path, path.replace('objects/', '')]) {
      expect(textOf(ours(repository, 'gc', '--why', spelling))).toBe(text)
    }
    const none = '0'.repeat(64)
    expect(textOf(ours(repository, 'gc', '--why', none))).toBe(`Nothing keeps sha256:${none}`)
    expect(ours(repository, 'gc', '--why', 'x').status).toBe(2)
    expect(document(repository, 'gc', '--why', image)).toMatchObject({
      schema: 'cfsctl.gc-why/1',
      object: image,
      present: true,
      kept_by: [{ kind: 'oci', path: expect.arrayContaining([path]) }],
    })
    expect(filesOf(repository)).toEqual(before)
  })

  test('refuses what is broken, says what helps, and does it', () => {
    const repository = unpackCopy('broken')
    const before = filesOf(repository)
    const refused = ours(repository, 'gc')
    expect(refused.status).toBe(4)
    expect(refused.stdout.toString()).toBe('')
    expect(refused.stderr).toContain('error: nothing was removed, because ')
    for (const path of ['streams/plainfile', 'streams/refs/oci/dangling', 'objects/41/zz']) {
      expect(refused.stderr).toContain(`cfsctl gc --ignore-broken ${path}\n`)
    }
    expect(refused.stderr).toContain('cfsctl oci untag dangling, or ')
    const { error } = JSON.parse(runOurs(['--json', '--repo', repository, 'gc']).stderr)
    expect(error).toMatchObject({ code: 'gc-refused', exit: 4, context: { broken_count: 3 } })
    expect(error.context.broken[0]).toEqual({
      path: 'streams/plainfile',
      reason: 'is no symlink',
      remedy: 'skip',
    })
    expect(filesOf(repository)).toEqual(before)

    textOf(ours(repository, 'oci', 'untag', 'dangling'))
    const names = ['plainfile', 'objects/41/zz', 'well']
    const result = ours(repository, 'gc', ...names.flatMap(name => ['--ignore-broken', name]))
    expect(textOf(result)).toBe(
      'Objects: 1 removed (77 bytes)\nPruned symlinks: 0 images, 1 streams',
    )
    expect(result.stderr).toContain('warning: streams/plainfile is broken, and was left out')
    expect(result.stderr).toContain('nothing broken is called well')
  })

  test('says what goes on without several broken things at once', () => {
    const repository = unpackCopy('broken')
    const [, options = ''] =
      /hint: cfsctl gc (.*) goes on/.exec(ours(repository, 'gc').stderr) ?? []
    expect(options.split(' ')).toHaveLength(6)
    expect(ours(repository, 'gc', '-n', ...options.split(' ')).status).toBe(0)
  })

  test('offers nothing that does not help', () => {
    const repository = unpackCopy('images')
    const [directory = ''] = readdirSync(join(repository, 'objects'))
    renameSync(join(repository, 'objects', directory), join(repository, 'elsewhere'))
    symlinkSync('../elsewhere', join(repository, 'objects', directory))
    const link = ours(repository, 'gc')
    expect(link.status).toBe(4)
    expect(link.stderr).toContain(`objects/${directory}: is no directory; only by hand`)
    rmSync(join(repository, 'objects', directory))
    renameSync(join(repository, 'elsewhere'), join(repository, 'objects', directory))
    writeFileSync(join(repository, 'images/refs/file'), '')
    const file = ours(repository, 'gc')
    expect(file.stderr).not.toContain('image rm')
    expect(ours(repository, 'gc', '--ignore-broken', 'images/refs/file').status).toBe(0)
  })

  test('refuses where names cannot be read, also when it is asked for a dry run', () => {
    const notText = unpackCopy('images')
    symlinkSync('../nowhere', Buffer.from(`${notText}/images/refs/a\xff`, 'latin1'))
    const noDirectory = unpackCopy('images')
    renameSync(join(noDirectory, 'images/refs'), join(noDirectory, 'refs'))
    symlinkSync('../refs', join(noDirectory, 'images/refs'))
    for (const repository of [notText, noDirectory]) {
      const before = filesOf(repository)
      for (const options of [[], ['-n']]) {
        const refused = ours(repository, 'gc', ...options)
        expect(refused.stderr).toContain('error: nothing was removed, because ')
        expect(refused.status).toBe(4)
      }
      expect(filesOf(repository)).toEqual(before)
    }
    expect(ours(notText, 'gc', '--ignore-broken', 'images/refs/a\ufffd').status).toBe(0)
  })

  test('names image rm where an image stops it', () => {
    const repository = unpackCopy('images')
    symlinkSync(`../${'a'.repeat(64)}`, join(repository, 'images/refs/lost'))
    const refused = ours(repository, 'gc')
    expect(refused.stderr).toContain('cfsctl image rm lost, or ')
    textOf(ours(repository, 'image', 'rm', 'lost'))
    expect(ours(repository, 'gc').status).toBe(0)
  })

  test('warns where no name keeps anything', () => {
    const repository = unpackCopy('images')
    textOf(ours(repository, 'image', 'rm', 'my/name', 'other'))
    const dry = ours(repository, 'gc', '-n')
    expect(dry.stderr).toContain('warning: no name keeps anything: all 3 objects are garbage')
    expect(textOf(dry)).toContain('Objects: 3 removed (49252 bytes)\nPruned symlinks: 2 images')
    const real = ours(repository, 'gc')
    expect(real.stderr).toContain('warning: no name keeps anything')
    expect(ours(repository, 'gc').stderr).not.toContain('warning')
  })

  test('waits for others only as long as it may', async () => {
    const repository = unpackCopy('images')
    const holder = startOurs(['--repo', repository, 'transaction'])
    try {
      await holder.until(() => holder.stderr().includes('holding the lock'))
      expect(ours(repository, 'gc', '-n').status).toBe(0)
      const { status, stderr } = runOurs(['--lock-timeout', '0', '--repo', repository, 'gc'])
      expect(status).toBe(6)
      expect(stderr).toContain(String(holder.child.pid))
    } finally {
      holder.child.kill('SIGTERM')
      await holder.ended
    }
  })
})

test('df tells what names take', () => {
  const repository = unpackCopy('images')
  const { images, ...totals } = document(repository, 'df')
  const bytes = (name: string) => images.find((image: { name: string }) => image.name === name)
  expect(totals).toMatchObject({ schema: 'cfsctl.df/1', objects: 3, unreferenced_bytes: 0 })
  expect(bytes('my/name')).toMatchObject({ kind: 'image' })
  expect(bytes('my/name').unique_bytes).toBeLessThan(bytes('my/name').bytes)
  expect(bytes('my/name').bytes + bytes('other').unique_bytes).toBe(totals.bytes)
  const text = textOf(ours(repository, 'df'))
  expect(text).toMatch(/│ my\/name ┆ image ┆ /)
  expect(text).toMatch(/\nObjects: 3 \(.*\)\nUnreferenced: 0 \(0 B\)$/)
})

describe('names of images', () => {
  const idOf = (repository: string, name: string) =>
    document(repository, 'images').images.find((image: { name: string }) => image.name === name)
      .digest

  test('are given, moved and removed, and what is told undoes it', () => {
    const repository = unpackCopy('images')
    const [first, second] = [idOf(repository, 'my/name'), idOf(repository, 'other')]
    expect(textOf(ours(repository, 'image', 'tag', 'my/name', 'new/name'))).toBe(
      `Tagged sha256:${first} as new/name`,
    )
    expect(document(repository, 'image', 'tag', first, 'new/name')).toEqual({
      schema: 'cfsctl.image-tag/1',
      name: 'new/name',
      digest: first,
      changed: false,
    })
    const moved = ours(repository, 'image', 'tag', `sha256:${second}`, 'new/name')
    expect(moved.stderr).toContain(`undo it by: cfsctl image tag ${first} new/name\n`)
    expect(idOf(repository, 'new/name')).toBe(second)
    const removed = ours(repository, 'image', 'rm', 'new/name')
    expect(textOf(removed)).toBe('Removed image name new/name')
    const undo = /undo it by: cfsctl (.*)\n/.exec(removed.stderr)?.[1]?.split(' ') ?? []
    textOf(ours(repository, ...undo))
    expect(document(repository, 'image', 'rm', 'new/name')).toEqual({
      schema: 'cfsctl.image-rm/1',
      name: 'new/name',
      digest: second,
      changed: true,
      images: [{ name: 'new/name', digest: second, changed: true }],
    })
  })

  test('are removed all or not at all', () => {
    const repository = unpackCopy('images')
    const before = filesOf(repository)
    const { status, stderr } = ours(repository, 'image', 'rm', 'my/name', 'othr')
    expect(status).toBe(3)
    expect(stderr).toContain('hint: did you mean other?')
    const directory = ours(repository, 'image', 'rm', 'other', 'my')
    expect(directory.status).toBe(3)
    expect(directory.stderr).toContain('hint: did you mean my/name?')
    expect(filesOf(repository)).toEqual(before)
  })

  test('are not given to what is not there', () => {
    const repository = unpackCopy('images')
    expect(ours(repository, 'image', 'tag', 'none', 'new').status).toBe(3)
    const id = idOf(repository, 'other')
    rmSync(join(repository, 'objects', id.slice(0, 2), id.slice(2)))
    expect(ours(repository, 'image', 'tag', 'other', 'new').status).toBe(3)
  })
})
