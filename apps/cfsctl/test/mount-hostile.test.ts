import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { composefsMounts, mounts, unmountComposefs } from '@composefs/linux'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { runOurs, textOf } from './programs.ts'
import { startOurs } from './running.ts'
import { LARGE, MountPlace, userNamespace, whyNoMounts } from './vm/mount-place.ts'

const why = whyNoMounts()

/** Milliseconds after which a mount is stopped: before it has begun, within, and when it is over. */
const DELAYS = [0, 50, 100, 150, 200, 250, 300, 400, 600, 1000]

describe.skipIf(why !== undefined)(`mounts gone wrong${why ? ` (${why})` : ''}`, () => {
  let place: MountPlace
  let repository: string
  /** Where the program puts what it needs for a moment. */
  let temporary: string
  const run = (...args: string[]) =>
    runOurs(['--json', '--repo', repository, ...args], undefined, { TMPDIR: temporary })

  beforeAll(() => {
    place = new MountPlace()
    repository = place.repository('repository', '--insecure').path
    temporary = join(place.directory, 'tmp')
    mkdirSync(temporary)
  })
  afterEach(() => {
    while (place.entry() !== undefined) unmountComposefs(place.target)
    expect(leftovers()).toEqual([])
  })
  afterAll(() => place.remove())

  test.each<[string, () => readonly string[], number, string]>([
    ['a file as mount point', () => ['/proc/version'], 1, 'io-error'],
    ['no mount point', () => ['/nowhere'], 1, 'io-error'],
    ['a link that leads nowhere', () => [link('nowhere', '/nowhere')], 1, 'io-error'],
    ['a link to itself', () => [link('loop', join(place.directory, 'loop'))], 1, 'io-error'],
    ['the repository', () => [repository], 1, 'repository-conflict'],
    ['a directory of it', () => [join(repository, 'objects')], 1, 'repository-conflict'],
    [
      'a link into it',
      () => [link('inside', join(repository, 'objects'))],
      1,
      'repository-conflict',
    ],
    [
      'an upper directory in it',
      () => [place.target, '--upperdir', repository, '--workdir', place.root],
      1,
      'repository-conflict',
    ],
    [
      'no upper directory',
      () => [place.target, '--upperdir', '/no', '--workdir', '/no'],
      1,
      'io-error',
    ],
    [
      'upper and work directory that are one',
      () => [place.target, '--upperdir', place.root, '--workdir', place.root],
      1,
      'io-error',
    ],
    ['half of a pair', () => [place.target, '--upperdir', '/tmp'], 2, 'usage'],
    ['--read-write without an upper directory', () => [place.target, '--read-write'], 2, 'usage'],
    ['an unknown attribute', () => [place.target, '--mount-option', 'nodev,blue'], 2, 'usage'],
    ['no user namespace', () => [place.target, '--idmap', '/proc/self/ns/mnt'], 2, 'usage'],
    ['one that is not there', () => [place.target, '--idmap', '/proc/0/ns/user'], 1, 'io-error'],
    ['FUSE', () => [place.target, '--fuse', 'yes'], 5, 'feature-unsupported'],
  ])('%s: refused, and nothing is left', (_, args, status, code) => {
    const outcome = run('mount', 'app', ...args())
    expect([outcome.status, JSON.parse(outcome.stderr).error.code]).toEqual([status, code])
    expect(composefsMounts().filter(({ target }) => target.startsWith(place.directory))).toEqual([])
  })

  test('a relative mount point, through a link, is told where it led', () => {
    const path = relative(process.cwd(), link('link', place.target))
    expect(JSON.parse(textOf(run('mount', 'app', path))).mountpoint).toBe(place.target)
    textOf(run('umount', path))
    expect(place.entry()).toBeUndefined()
  })

  test('a mount point that somebody uses is covered, and stacked on', () => {
    const used = spawnSync('true', { cwd: place.target })
    expect(used.status).toBe(0)
    textOf(run('mount', 'app', place.target))
    textOf(run('mount', 'app', place.target))
    expect(composefsMounts().filter(({ target }) => target === place.target)).toHaveLength(2)
    const { mounts: listed } = JSON.parse(textOf(run('mounts')))
    const here = listed.filter(
      ({ mountpoint }: { mountpoint: string }) => mountpoint === place.target,
    )
    // The one below is covered: nobody can look at it.
    expect(here.map(({ image_id }: { image_id: string | null }) => image_id === null)).toEqual([
      true,
      false,
    ])
  })

  test('owners are mapped', async () => {
    const namespace = await userNamespace()
    try {
      const idmap = `/proc/${namespace.pid}/ns/user`
      textOf(run('mount', 'app', place.target, '--idmap', idmap))
      const look = ['-c', '%u:%g', join(place.target, 'usr')]
      expect(spawnSync('stat', look).stdout.toString()).toBe('100000:200000\n')
      expect(readFileSync(join(place.target, 'usr/large'), 'utf8')).toBe(LARGE)
    } finally {
      namespace.kill()
    }
  })

  test('attributes are those of mount(8)', () => {
    const words = ['--mount-option', 'nodev,noexec,exec', '--mount-option', 'nosuid,noatime']
    textOf(run('mount', 'app', place.target, ...words))
    expect(place.entry()?.options).toEqual(['ro', 'nosuid', 'nodev', 'noatime'])
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'a mount that %s stops is there or is not, and leaves nothing else',
    { timeout: 300_000 },
    async signal => {
      for (const delay of DELAYS) {
        const mounting = startOurs(['--repo', repository, 'mount', 'app', place.target], {
          TMPDIR: temporary,
        })
        await new Promise(resolve => setTimeout(resolve, delay))
        mounting.child.kill(signal)
        const { status } = await mounting.ended
        // Killed behind the last call, it cannot take back what it did.
        if (status !== null) expect(place.entry() !== undefined).toBe(status === 0)
        if (place.entry() !== undefined) unmountComposefs(place.target)
        expect(leftovers()).toEqual([])
      }
    },
  )

  function link(name: string, to: string): string {
    const path = join(place.directory, name)
    rmSync(path, { force: true })
    symlinkSync(to, path)
    return path
  }

  /** Mounts, temporary directories and loop devices that no test wants. */
  function leftovers(): string[] {
    return [
      ...mounts()
        .filter(({ type }) => type === 'erofs')
        .map(({ target }) => target),
      ...readdirSync(temporary),
      ...(place.hasLoop() ? ['loop device'] : []),
    ]
  }
})
