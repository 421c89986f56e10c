import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, vectorsDirectory, writeLayout } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, peer, runOurs, runPeer, textOf } from './programs.ts'
import { startOurs } from './running.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

const repos = join(vectorsDirectory, 'repo/repos')
const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''

let count = 0
/** A fresh copy of a repository of the vectors. */
function copyOf(work: string, name: string): string {
  const directory = join(work, `copy-${count++}`)
  unpack(join(repos, `${name}.tar`), directory)
  return join(directory, name)
}

describe.skipIf(peer === undefined)(`oci fsck, ours against the peer${why}`, () => {
  const work = temporaryDirectory()

  test.each(['sha256-v1', 'sha256-v2', 'sha256-dual', 'sha512-v1'])('agrees on %s', name => {
    const repository = copyOf(work, name)
    const oci = ['--insecure', '--repo', repository, 'oci', 'fsck']
    const text = textOf(runPeer(oci))
    expect(textOf(runOurs(oci))).toBe(text)
    expect(text).toMatch(/^status: ok$/m)
    const theirs = JSON.parse(textOf(runPeer([...oci, '--json'])))
    const ours = JSON.parse(textOf(runOurs([...oci, '--json'])))
    expect({ ...ours, repo: { ...ours.repo, ...theirs.repo } }).toMatchObject(theirs)
    expect(ours.repo).toMatchObject(theirs.repo)
  })

  test('agrees on a seal that leads nowhere', () => {
    const repository = copyOf(work, 'sealed')
    const oci = ['--insecure', '--repo', repository, 'oci', 'fsck']
    const [ours, theirs] = [runOurs(oci), runPeer(oci)]
    const words = ({ stdout }: Outcome) => stdout.toString().replace(/(bad: 0+): .*/, '$1')
    expect(words(ours)).toBe(words(theirs))
    expect([ours.status, theirs.status]).toEqual([4, 1])
  })
})

describe('fsck --repair', () => {
  const work = temporaryDirectory()
  let layout = ''
  let diffIds: readonly string[] = []
  beforeAll(async () => {
    const usr = { name: 'usr', type: 'directory' } as const
    const tars = [
      await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(1000) }]),
      await buildTar([{ name: 'usr/b', content: 'b'.repeat(1000) }]),
    ]
    layout = join(work, 'layout')
    const layers = tars.map(tar => ({ tar, compression: 'gzip' as const }))
    diffIds = writeLayout(layout, { tag: 't', layers }).diffIds
  })

  const run = (repository: string, ...args: string[]): Outcome =>
    runOurs(['--repo', repository, ...args])

  /** A repository with the image, one object of which is not there. */
  function damaged(): string {
    const repository = join(work, `repository-${count++}`)
    textOf(run(repository, 'init', '--insecure', repository))
    textOf(run(repository, '-q', 'oci', 'pull', `oci:${layout}:t`, 'app'))
    const dump = textOf(run(repository, 'oci', 'layer', '--dumpfile', diffIds[1] as string))
    const [path] = dump.match(/\b[0-9a-f]{2}\/[0-9a-f]{126}\b/) ?? []
    rmSync(join(repository, 'objects', path ?? 'none'))
    return repository
  }

  test('tells what was wrong, what was done, and that all is well', () => {
    const repository = damaged()
    const { status, stdout, stderr } = run(
      repository,
      '-q',
      'fsck',
      '--repair',
      '--from',
      `oci:${layout}:t`,
    )
    expect([status, stderr]).toEqual([0, ''])
    const text = stdout.toString()
    expect(text).toMatch(/^missing objects: 2$[\s\S]*^repair:$[\s\S]*^after the repair:$/m)
    expect(text).toContain(`  - layer fetched: ${diffIds[1]}`)
    expect(text).not.toContain(`layer fetched: ${diffIds[0]}`)
    expect(text).toMatch(/status: ok\noci images: 1\/1 ok\n$/)
    expect(run(repository, '-q', 'fsck', '--repair').stdout.toString()).not.toContain('repair:')
  })

  test('ends with 4 where something is left, and says what helps', () => {
    const repository = damaged()
    const { status, stdout, stderr } = run(repository, '-q', 'fsck', '--repair')
    expect(status).toBe(4)
    expect(stdout.toString()).toContain('  - not repaired: app: no source has what is missing')
    expect(stderr).toMatch(/^error: not everything could be repaired$/m)
    expect(stderr).toMatch(/^hint: .*--from REF\|REPO/m)
    expect(stderr).toMatch(/^hint: cfsctl oci untag app /m)
    const json = run(repository, '-q', '--json', 'fsck', '--repair')
    expect(json.status).toBe(4)
    const report = JSON.parse(json.stdout.toString())
    expect(report).toMatchObject({
      schema: 'cfsctl.fsck-repair/1',
      ok: false,
      before: { ok: false, images_corrupted: 1 },
      after: { ok: false, repo: { missing_objects: 2 } },
      layers: [],
      bytes_fetched: 0,
    })
    expect(report.after.repo.errors_detail[0]).toMatchObject({ images: ['app'] })
  })

  test('of two repositories from each other ends', async () => {
    const [one, other] = [0, 1].map(() => copyOf(work, 'sha256-v1')) as [string, string]
    const repair = (repository: string, from: string) =>
      startOurs(['--lock-timeout', '60', '--repo', repository, 'fsck', '--repair', '--from', from])
    const ends = [repair(one, other), repair(other, one)].map(({ ended }) => ended)
    for (const { status, stderr } of await Promise.all(ends)) expect(status, stderr).toBe(0)
  })

  test('takes objects from another repository, but not from itself', () => {
    const repository = damaged()
    const other = join(work, `repository-${count++}`)
    textOf(run(other, 'init', '--insecure', other))
    textOf(run(other, '-q', 'oci', 'pull', `oci:${layout}:t`, 'other'))
    const link = join(work, `link-${count++}`)
    symlinkSync(repository, link)
    for (const itself of [repository, link]) {
      const refused = run(repository, '-q', 'fsck', '--repair', '--from', itself)
      expect(refused.status).toBe(2)
      expect(refused.stderr).toContain('is the repository that is to be repaired')
    }
    const text = textOf(run(repository, '-q', 'fsck', '--repair', '--from', other))
    expect(text).toContain('  - objects taken over: 1 (')
  })

  test.each([
    ['--metadata-only', ['fsck', '--repair', '--metadata-only'], 2],
    ['--from without it', ['fsck', '--from', 'oci:x'], 2],
    ['a source that is no repository', ['fsck', '--repair', '--from', '/nowhere'], 3],
  ] as const)('is refused: %s', (_, args, status) => {
    expect(run(copyOf(work, 'sha256-v1'), ...args).status).toBe(status)
  })

  test('puts aside what is bad, and neither gc nor the peer minds', () => {
    const repository = copyOf(work, 'broken')
    expect(run(repository, '-q', 'fsck', '--repair').status).toBe(4)
    const names = readdirSync(join(repository, 'quarantine'))
    expect(names.sort()).toEqual([
      '3de479f76e44186bee52d6bb42b55185b672371c62804155e12676905bad16eb',
      'objects-41-zz',
      'streams-plainfile',
    ])
    textOf(run(repository, '-q', 'oci', 'untag', 'dangling'))
    expect(run(repository, '-q', 'gc').status).toBe(0)
    expect(readdirSync(join(repository, 'quarantine')).sort()).toEqual(names)
    if (peer === undefined) return
    expect(textOf(runPeer(['--insecure', '--repo', repository, 'gc']))).toContain('Objects: 0')
    expect(existsSync(join(repository, 'quarantine', names[0] ?? ''))).toBe(true)
  })
})
