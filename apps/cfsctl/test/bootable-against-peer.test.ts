import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootableImage, buildTar, writeLayout } from '@composefs/test-fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
const isRoot = process.getuid?.() === 0
const needsRoot = isRoot ? '' : ': needs root to make devices and labels'

const HASHES = ['sha256', 'sha512'] as const
const FORMATS = [1, 2] as const
const MODES = ['allowlist-only', 'keep-user-xattrs'] as const
const COMBINATIONS = HASHES.flatMap(hash => FORMATS.map(format => ({ hash, format })))

describe.skipIf(peer === undefined)(`boot images, ours against the peer${why}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'composefs-bootable-'))
  const layout = join(work, 'layout')
  const directory = join(work, 'root')

  beforeAll(async () => {
    const files = bootableImage(1, 900)
    const half = files.length >> 1
    const layers = await Promise.all([buildTar(files.slice(0, half)), buildTar(files.slice(half))])
    writeLayout(layout, { tag: 'os', layers: layers.map(tar => ({ tar, compression: 'plain' })) })
    mkdirSync(directory)
    for (const [i, tar] of layers.entries()) {
      const file = join(work, `${i}.tar`)
      writeFileSync(file, tar)
      spawnSync('tar', ['--xattrs', '--xattrs-include=*', '-xf', file, '-C', directory])
    }
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  /** An empty repository for each program. */
  function repositories(name: string, hash: string, format: number) {
    const init = ['init', '--insecure', '--algorithm', `fsverity-${hash}-12`]
    const [ours, theirs] = [join(work, `${name}-ours`), join(work, `${name}-theirs`)]
    bytesOf(runOurs([...init, '--erofs-version', String(format), ours]))
    bytesOf(runPeer([...init, '--erofs-version', String(format), theirs]))
    return { ours, theirs }
  }

  const bootLine = (text: string) => text.split('\n').find(line => line.startsWith('Boot image'))

  describe.each(COMBINATIONS)('$hash, EROFS V$format', ({ hash, format }) => {
    const name = `${hash}-${format}`

    test('pull --bootable, and what becomes of the image', { timeout: 120_000 }, () => {
      const { ours, theirs } = repositories(name, hash, format)
      const pull = ['oci', 'pull', '--bootable', `oci:${layout}:os`, 'os']
      const theirLine = bootLine(textOf(runPeer(['--repo', theirs, ...pull])))
      expect(theirLine).toMatch(/^Boot image: [0-9a-f]+$/)
      expect(bootLine(textOf(runOurs(['--repo', ours, ...pull])))).toBe(theirLine)
      for (const [run, repository] of [
        [runPeer, ours],
        [runOurs, theirs],
      ] as const) {
        const inspected = JSON.parse(textOf(run(['--repo', repository, 'oci', 'inspect', 'os'])))
        expect(`Boot image: ${inspected.composefs_boot_erofs}`).toBe(theirLine)
        expect(bootLine(textOf(run(['--repo', repository, ...pull])))).toBe(theirLine)
      }
      // A pull without the option keeps what was made.
      bytesOf(runOurs(['--repo', ours, 'oci', 'pull', `oci:${layout}:os`, 'os']))
      const kept = JSON.parse(textOf(runOurs(['--repo', ours, 'oci', 'inspect', 'os'])))
      expect(`Boot image: ${kept.composefs_boot_erofs}`).toBe(theirLine)
      for (const xattrs of MODES) {
        const variant = ['--bootable', '--xattrs', xattrs, 'os']
        const id = textOf(runPeer(['--repo', theirs, 'oci', 'compute-id', ...variant]))
        expect(textOf(runOurs(['--repo', ours, 'oci', 'compute-id', ...variant]))).toBe(id)
        const dump = textOf(runPeer(['--repo', theirs, 'oci', 'dump', ...variant]))
        expect(textOf(runOurs(['--repo', ours, 'oci', 'dump', ...variant]))).toBe(dump)
        expect(dump).toMatch(/security\.selinux=system_u:object_r:ssh_etc_t/)
      }
      expect(textOf(runPeer(['--repo', ours, 'oci', 'fsck']))).toContain('status: ok')
    })

    test.each(MODES)('pull --expected-digest, %s', { timeout: 120_000 }, xattrs => {
      // The image may have been made for another default format.
      const { ours, theirs } = repositories(`${name}-${xattrs}`, hash, 3 - format)
      const image = `oci:${layout}:os`
      bytesOf(runPeer(['--repo', theirs, 'oci', 'pull', image, 'plain']))
      const versioned = ['--repo', theirs, '--erofs-version', String(format)]
      const compute = ['oci', 'compute-id', 'plain', '--bootable', '--xattrs', xattrs]
      const id = textOf(runPeer([...versioned, ...compute]))
      const pull = ['oci', 'pull', '--bootable', '--expected-digest', id, image, 'os']
      const line = `Boot image: ${id} (xattr-mode=${xattrs}, format-version=V${format})`
      const linked = (repository: string) =>
        JSON.parse(textOf(runPeer(['--repo', repository, 'oci', 'linked-erofs-images', id])))
      // The second time it is among the images that are there.
      for (const _ of [1, 2]) {
        expect(bootLine(textOf(runPeer(['--repo', theirs, ...pull])))).toBe(line)
        expect(bootLine(textOf(runOurs(['--repo', ours, ...pull])))).toBe(line)
      }
      expect(linked(ours)).toEqual(linked(theirs))
      expect(linked(ours)).toContainEqual({
        id,
        bootable: true,
        version: format,
        xattrMode: xattrs,
      })
      const json = JSON.parse(textOf(runOurs(['--json', '--repo', ours, ...pull])))
      expect(json).toMatchObject({
        composefs_boot_erofs: id,
        boot_image_mode: xattrs,
        boot_image_format_version: format,
      })
    })

    test('pull --expected-digest of nothing: the image is pulled, and the error says so', () => {
      const { ours, theirs } = repositories(`${name}-nothing`, hash, format)
      const id = '0'.repeat(hash === 'sha256' ? 64 : 128)
      const pull = ['oci', 'pull', '--bootable', '--expected-digest', id, `oci:${layout}:os`, 'os']
      const message = `No boot image configuration matched expected digest ${id} (tried 4 mode/version combinations)`
      const [our, their] = [
        runOurs(['--repo', ours, ...pull]),
        runPeer(['--repo', theirs, ...pull]),
      ]
      expect(their.stderr).toContain(message)
      expect(our.stderr).toContain(message)
      expect(our.status).toBe(4)
      const inspect = ['oci', 'inspect', 'os']
      const inspected = JSON.parse(textOf(runOurs(['--repo', ours, ...inspect])))
      expect(inspected.composefs_boot_erofs).toBeNull()
      expect(inspected.composefs_erofs).toBe(
        JSON.parse(textOf(runPeer(['--repo', theirs, ...inspect]))).composefs_erofs,
      )
    })

    test.skipIf(!isRoot)(`a directory${needsRoot}`, { timeout: 120_000 }, () => {
      const globals = ['--no-repo', '--hash', hash, '--erofs-version', String(format)]
      for (const mode of [[], ['--xattrs', MODES[1]], ['--no-propagate-usr-to-root']]) {
        for (const command of ['compute-id', 'create-dumpfile']) {
          const words = [...globals, command, '--bootable', ...mode, directory]
          expect(textOf(runOurs(words))).toBe(textOf(runPeer(words)))
        }
      }
      for (const insecure of [[], ['--insecure']]) {
        const words = [...globals, ...insecure, 'compute-karg', directory]
        expect(textOf(runOurs(words))).toBe(textOf(runPeer(words)))
      }
      const { ours, theirs } = repositories(`${name}-directory`, hash, format)
      const create = ['create-image', '--bootable', directory, 'os']
      const id = textOf(runPeer(['--repo', theirs, ...create]))
      expect(textOf(runOurs(['--repo', ours, ...create]))).toBe(id)
      const json = JSON.parse(textOf(runOurs(['--json', '--repo', ours, ...create])))
      expect(json).toMatchObject({ bootable: true, xattrs: 'allowlist-only' })
    })
  })

  test.each(['boot', 'sysroot', 'usr'])('a directory without /%s is refused by both', name => {
    const without = join(work, `without-${name}`)
    for (const other of ['boot', 'sysroot', 'usr']) {
      if (other !== name) mkdirSync(join(without, other), { recursive: true })
    }
    const words = ['--no-repo', 'compute-id', '--bootable', '--no-propagate-usr-to-root', without]
    const ours = runOurs(words)
    expect(runPeer(words).status).toBe(1)
    expect(ours.status).toBe(1)
    expect(ours.stderr).toContain(`error: /${name} is not in the image, which booting needs`)
    expect(ours.stderr).toContain(`hint: a bootable image has the directory /${name}`)
  })

  test('a policy behind links on disk', () => {
    const linked = join(work, 'linked')
    const selinux = ['etc/selinux/t/contexts/files', 'usr', 'boot', 'sysroot']
    for (const path of selinux) mkdirSync(join(linked, path), { recursive: true })
    writeFileSync(join(linked, 'etc/selinux/config'), 'SELINUXTYPE=t\n')
    writeFileSync(join(linked, 'etc/selinux/t/contexts/files/file_contexts'), '/.* L\n')
    const moved = join(work, 'moved')
    cpSync(linked, moved, { recursive: true })
    spawnSync('sh', ['-c', 'mv etc usr/etc && ln -s usr/etc etc'], { cwd: moved })
    const words = (path: string) => ['--no-repo', 'create-dumpfile', '--bootable', path]
    for (const path of [linked, moved]) {
      const dump = textOf(runPeer(words(path)))
      expect(dump).toContain('security.selinux=L')
      expect(textOf(runOurs(words(path)))).toBe(dump)
    }
  })
})
