import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composefsMounts, unmountComposefs } from '@composefs/linux'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { shellWord } from '../src/output/shell-word.ts'
import { ourProgram, peer, runOurs, runPeer, textOf } from './programs.ts'
import { hasVerity, LARGE, MountPlace, SMALL, whyNoMounts } from './vm/mount-place.ts'

const why = whyNoMounts()
const whyNoPeer = why ?? (peer === undefined ? 'CFSCTL_PEER is not set' : undefined)

describe.skipIf(why !== undefined)(`mount.composefs${why ? ` (${why})` : ''}`, () => {
  let place: MountPlace
  beforeAll(() => {
    place = new MountPlace()
  })
  afterEach(() => {
    while (place.entry() !== undefined) unmountComposefs(place.target)
  })
  afterAll(() => place.remove())

  const helper = (...args: string[]) => runOurs(['mount.composefs', ...args])

  test('mounts quietly, flagged rw although nothing is writable, and ro where that is asked for', () => {
    const { status, stdout, stderr } = helper(place.image, place.target, '-o', basedir())
    expect([status, stdout.toString(), stderr]).toEqual([0, '', ''])
    expect(place.entry()).toMatchObject({ source: 'composefs', name: undefined })
    expect(place.entry()?.options).toContain('rw')
    expect(() => writeFileSync(join(place.target, 'new'), '')).toThrow(/EROFS/)
    unmountComposefs(place.target)
    textOf(helper('-o', `${basedir()},ro`, '-t', 'composefs', place.image, place.target))
    expect(place.entry()?.options).toContain('ro')
  })

  test('is what mount(8) starts for the type composefs', { timeout: 300_000 }, () => {
    const script = join(place.directory, 'sbin')
    mkdirSync(script)
    const program = join(place.directory, 'mount.composefs')
    symlinkSync(sourceOf(ourProgram), program)
    const words = [process.execPath, ...ourProgram.slice(0, -1), program].map(shellWord)
    writeFileSync(join(script, 'mount.composefs'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
    chmodSync(join(script, 'mount.composefs'), 0o755)
    const sbin = '/usr/sbin'
    const mount = `mount -t composefs -o ${basedir()},nodev,x-gvfs-hide,noatime "$1" "$2"`
    const look = 'cat "$2/usr/small" && findmnt -no SOURCE,VFS-OPTIONS "$2" && umount "$2"'
    // In a mount namespace of its own, where the helper stands beside those of the system.
    const overlay = `mount -t overlay overlay -o lowerdir=${script}:${sbin} ${sbin}`
    const line = `${overlay} && ${mount} && ${look} && mount -f -t composefs -o ${basedir()} "$1" "$2"`
    const args = ['-m', 'sh', '-ec', line, 'sh', place.image, place.target]
    const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' })
    expect([stderr, stdout.startsWith(`${SMALL}composefs`)]).toEqual(['', true])
    expect(stdout).toMatch(/\brw,nodev,noatime\b/)
  })

  test('answers under its own name', () => {
    const program = join(place.directory, 'bin')
    mkdirSync(program)
    symlinkSync(sourceOf(ourProgram), join(program, 'mount.composefs'))
    const node = [...ourProgram.slice(0, -1), join(program, 'mount.composefs'), '--help']
    const { stdout } = spawnSync(process.execPath, node, { encoding: 'utf8' })
    expect(stdout).toContain('Usage: mount.composefs [OPTIONS] IMAGE MOUNTPOINT')
  })

  test.each<[string, () => readonly string[], string]>([
    ['no options', () => [place.image, place.target], 'No object dirs specified'],
    [
      'an unknown option',
      () => [place.image, place.target, '-o', `${basedir()},loop`],
      'Unsupported option loop',
    ],
    [
      'an option that a terminal would obey',
      () => [place.image, place.target, '-o', `${basedir()},a\u001bc`],
      'Unsupported option a\\\\x1bc',
    ],
    [
      'another type',
      () => ['-t', 'ext4', place.image, place.target, '-o', basedir()],
      "Unsupported fs type 'ext4'",
    ],
    [
      'half of a pair',
      () => [place.image, place.target, '-o', `${basedir()},upperdir=/tmp`],
      'Both workdir and upperdir must be specified if used',
    ],
    [
      'no image',
      () => ['/nowhere', place.target, '-o', basedir()],
      'Failed to open: /nowhere: no such file or directory',
    ],
    [
      'no objects',
      () => [place.image, place.target, '-o', 'basedir=/nowhere'],
      'Failed to mount composefs IMAGE: /nowhere: no such file or directory',
    ],
    [
      'no mount point',
      () => [place.image, '/nowhere', '-o', basedir()],
      'Failed to mount composefs IMAGE: /nowhere: no such file or directory',
    ],
    [
      'a digest of a wrong length',
      () => [place.image, place.target, '-o', `${basedir()},digest=00`],
      'Failed to mount composefs IMAGE: Invalid digest 00: 64 or 128 hex digits',
    ],
    [
      'the initial user namespace',
      () => [place.image, place.target, '-o', `${basedir()},idmap=/proc/self/ns/user`],
      'Failed to mount composefs IMAGE: /proc/self/ns/user is the initial user namespace, which maps nothing',
    ],
  ])('%s: exit 1', (_, args, message) => {
    const { status, stdout, stderr } = helper(...args())
    expect([status, stdout.toString(), stderr.replaceAll(place.image, 'IMAGE')]).toEqual([
      1,
      '',
      expect.stringMatching(`^mount.composefs: ${message.replace(/[()]/g, '.')}\n`),
    ])
    expect(place.entry()).toBeUndefined()
  })

  test('-f checks and mounts nothing', () => {
    textOf(helper('-f', place.image, place.target, '-o', basedir()))
    expect(place.entry()).toBeUndefined()
    const wrong = `${basedir()},digest=${'0'.repeat(64)}`
    const { status, stderr } = helper('-f', place.image, place.target, '-o', wrong)
    expect([status, stderr.includes('Image has')]).toEqual([1, true])
  })

  test.each<[string, (path: string) => void, string]>([
    ['text', path => writeFileSync(path, 'text'.repeat(4096)), 'not a composefs image'],
    ['empty', path => writeFileSync(path, ''), 'not a composefs image'],
    ['a pipe', path => void spawnSync('mkfifo', [path]), 'not a file'],
    ['a directory', path => mkdirSync(path), 'not a file'],
    ['a link to itself', path => symlinkSync(path, path), 'too many symbolic links encountered'],
    [
      'cut off behind its first block',
      path => {
        writeFileSync(path, readFileSync(place.image))
        truncateSync(path, 4096)
      },
      'a composefs image of 16384 bytes, of which there are 4096',
    ],
  ])('an image that is %s is refused', (name, make, message) => {
    const path = join(place.directory, name.replaceAll(' ', '-'))
    make(path)
    const { status, stderr } = helper(path, place.target, '-o', basedir())
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)])
    expect(place.entry()).toBeUndefined()
    expect(place.hasLoop()).toBe(false)
  })

  describe.skipIf(whyNoPeer !== undefined)(
    `beside the peer${whyNoPeer ? ` (${whyNoPeer})` : ''}`,
    () => {
      test.each<[string, () => readonly string[]]>([
        ['basedir=', () => []],
        ['ro', () => ['ro']],
        ['rw', () => ['rw']],
        ['empty parts', () => [`basedir=:${place.store}:`]],
        ...(hasVerity() ? [['verity', () => ['verity']] as [string, () => string[]]] : []),
        ['upperdir=, workdir=', () => upper()],
        ['upperdir=, workdir=, ro', () => [...upper(), 'ro']],
      ])('%s: the same files and options', (_, words) => {
        const look = (run: typeof runOurs) => {
          const text = words().join(',')
          const options = text.includes('basedir=') ? text : [basedir(), text].join(',')
          textOf(
            run(['mount.composefs', '-o', options.replace(/,$/, ''), place.image, place.target]),
          )
          const seen = {
            tree: treeOf(place.target),
            large: readFileSync(join(place.target, 'usr/large'), 'utf8') === LARGE,
            options: visibleOptions(),
          }
          unmountComposefs(place.target)
          return seen
        }
        const ours = look(runOurs)
        expect(ours).toEqual(look(runPeer))
        expect(ours).toMatchObject({ large: true })
      })
    },
  )

  function basedir(): string {
    return `basedir=${place.store}`
  }

  function upper(): string[] {
    const { upperdir, workdir } = place.upper()
    return [`upperdir=${upperdir}`, `workdir=${workdir}`]
  }

  /** Options of the mount and of the file system, without the paths of the layers. */
  function visibleOptions() {
    const entry = composefsMounts().find(({ target }) => target === place.target)
    return {
      options: entry?.options,
      superOptions: entry?.superOptions.filter(word => !/^(lower|data|upper|work)dir/.test(word)),
    }
  }
})

/** What `find` shows of a tree. */
function treeOf(directory: string): string {
  const format = '%P %y %m %U:%G %s %T@ %l\\n'
  const { stdout } = spawnSync('find', [directory, '-printf', format], { encoding: 'utf8' })
  expect(readdirSync(directory)).toEqual(['usr'])
  return stdout.split('\n').sort().join('\n')
}

function sourceOf(program: readonly string[]): string {
  const path = program.at(-1) ?? ''
  const file = path.startsWith('file:') ? fileURLToPath(path) : path
  expect(existsSync(file)).toBe(true)
  return file
}
