import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unmountComposefs } from '@composefs/linux'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { peer, runOurs, runPeer, textOf } from './programs.ts'
import { MountPlace, whyNoMounts } from './vm/mount-place.ts'

const why = whyNoMounts()
const whyNoPeer = peer === undefined ? ': CFSCTL_PEER is not set' : ''

describe.skipIf(why !== undefined)(`the list of mounts${why ? ` (${why})` : ''}`, () => {
  let place: MountPlace
  let repository: string
  let id: string
  const run = (...args: string[]) => runOurs(['--repo', repository, ...args])

  beforeAll(() => {
    place = new MountPlace()
    repository = place.repository('repository', '--insecure').path
    id = idOf('app')
    // As many blocks and inodes, and another time of one file.
    const other = join(place.directory, 'other')
    spawnSync('cp', ['-a', place.root, other])
    spawnSync('touch', ['-d', '@1', join(other, 'usr/small')])
    textOf(run('create-image', other, 'other'))
    const two = join(place.directory, 'two')
    mkdirSync(join(two, 'usr'), { recursive: true })
    writeFileSync(join(two, 'usr/more'), 'more')
    textOf(run('create-image', two, 'two'))
  })
  afterEach(() => {
    while (place.entry() !== undefined) unmountComposefs(place.target)
  })
  afterAll(() => place.remove())

  test.each(['app', 'refs/app', 'ID', 'sha256:ID'])('knows the image of %s', name => {
    const typed = name.replace('ID', id)
    textOf(run('mount', typed, place.target))
    expect(listed()).toEqual([
      {
        mountpoint: place.target,
        source: `composefs:${typed}`,
        image_id: id,
        verity: 'off',
        mode: 'kernel',
      },
    ])
  })

  test('tells images apart that differ by one time alone, also when their names have moved', () => {
    textOf(run('mount', 'other', place.target))
    const other = idOf('other')
    expect(other).not.toBe(id)
    textOf(run('image', 'tag', id, 'other'))
    expect(listed()).toMatchObject([{ source: 'composefs:other', image_id: other }])
    textOf(run('image', 'tag', other, 'other'))
  })

  test('knows none where changes may cover the image, or no repository has it', () => {
    const { upperdir, workdir } = place.upper()
    textOf(run('mount', 'app', place.target, '--upperdir', upperdir, '--workdir', workdir))
    expect(listed()).toMatchObject([{ image_id: null }])
    unmountComposefs(place.target)
    textOf(runOurs(['mount.composefs', place.image, place.target, '-o', `basedir=${place.store}`]))
    expect(listed()).toMatchObject([{ source: 'composefs', image_id: null }])
  })

  test.skipIf(peer === undefined)(`has those of the peer${whyNoPeer}`, () => {
    textOf(runPeer(['--repo', repository, 'mount', id, place.target]))
    expect(listed()).toMatchObject([{ source: `composefs:${id}`, image_id: id, mode: 'kernel' }])
    textOf(run('umount', place.target))
    expect(listed()).toEqual([])
  })

  test('is a table, or lines of columns', () => {
    textOf(run('mount', 'app', place.target))
    const line = [place.target, 'composefs:app', id.slice(0, 12), 'off', 'kernel'].join('\t')
    expect(textOf(runOurs(['--format', 'plain', 'mounts'])).split('\n')).toContain(line)
    expect(textOf(runOurs(['mounts', '--no-trunc']))).toContain(`┆ ${id} `)
  })

  function idOf(name: string): string {
    const { images } = JSON.parse(textOf(run('images', '--json')))
    return images.find((image: { name: string }) => image.name === name).digest
  }

  /** The mounts of this test; others may have some. */
  function listed(): unknown[] {
    const { schema, mounts } = JSON.parse(textOf(runOurs(['mounts', '--json'])))
    expect(schema).toBe('cfsctl.mounts/1')
    return mounts.filter(({ mountpoint }: { mountpoint: string }) => mountpoint === place.target)
  }
})
