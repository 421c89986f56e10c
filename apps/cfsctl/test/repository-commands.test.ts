import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, type Outcome, ourProgram, runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

/** The document that a run prints. */
function documentOf(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(textOf(outcome)) as Record<string, unknown>
}

/** The error that a failed run prints with --json. */
function errorOf(outcome: Outcome): Record<string, unknown> {
  const { error } = JSON.parse(outcome.stderr) as { error: Record<string, unknown> }
  expect(error.exit).toBe(outcome.status)
  return error
}

describe('init', () => {
  const work = temporaryDirectory()
  const at = (name: string) => join(work, name)

  test('makes a repository, and tells when there is one', () => {
    const path = at('a/b')
    expect(textOf(runOurs(['init', '--insecure', path]))).toBe(
      [
        `Initialized composefs repository at ${path}`,
        '  algorithm: fsverity-sha512-12',
        '  verity:    not required (insecure)',
      ].join('\n'),
    )
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(textOf(runOurs(['init', '--insecure', path]))).toBe(
      `Repository already initialized at ${path}`,
    )
    expect(textOf(runOurs(['init', '--ensure', '--erofs-version', '2', path]))).toBe(
      `Repository already initialized at ${path} (existing configuration preserved)`,
    )
  })

  test('refuses another configuration', () => {
    const path = at('conflict')
    textOf(runOurs(['--insecure', 'init', path]))
    const { status, stderr } = runOurs(['init', '--insecure', '--erofs-version=2', path])
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^error: a repository of another configuration is at .*\nhint: .*--ensure/,
    )
  })

  test('has a document', () => {
    const args = ['init', '--insecure', '--algorithm', 'fsverity-sha256-12', '--erofs-version', '2']
    expect(documentOf(runOurs(['--json', ...args, at('json')]))).toEqual({
      schema: 'cfsctl.init/1',
      path: at('json'),
      status: 'created',
      algorithm: 'fsverity-sha256-12',
      erofs_default: 2,
      erofs_extra: [],
      secure: false,
    })
  })

  test('makes the repository that the command line chooses', () => {
    const environment = { HOME: work, CFSCTL_REPO: '' }
    textOf(runOurs(['--user', 'init', '--insecure'], undefined, environment))
    expect(existsSync(at('.var/lib/composefs/meta.json'))).toBe(true)
    textOf(runOurs(['init', '--insecure'], undefined, { CFSCTL_REPO: at('env') }))
    expect(existsSync(at('env/meta.json'))).toBe(true)
    textOf(runOurs(['--repo', at('flag'), 'init', '--insecure']))
    expect(existsSync(at('flag/meta.json'))).toBe(true)
  })

  test('--reset-metadata keeps objects', () => {
    const path = at('reset')
    unpack(join(vectorsDirectory, 'repo/repos/images.tar'), path)
    textOf(runOurs(['init', '--insecure', '--reset-metadata', join(path, 'images')]))
    expect(existsSync(join(path, 'images/images'))).toBe(false)
    expect(existsSync(join(path, 'images/objects'))).toBe(true)
  })
})

describe('a repository', () => {
  const work = temporaryDirectory()
  const repository = join(work, 'images')
  const run = (...args: string[]) => runOurs(['--repo', repository, ...args])
  const mine = '2d4d0a13f5b77594923fc40a108a927273dc911514f827e0f251b567538ee201'
  const object = '93f927003d976d6ee3c2a32db72b168f47b120df68d2fe173365cd35aed864c7'

  beforeAll(() => unpack(join(vectorsDirectory, 'repo/repos/images.tar'), work))

  test('info', () => {
    expect(documentOf(run('info', '--json'))).toMatchObject({
      schema: 'cfsctl.info/1',
      path: repository,
      selected_by: 'flag',
      version: 1,
      algorithm: 'fsverity-sha256-12',
      erofs_default: 1,
      erofs_extra: [],
      features: { compatible: [], read_only_compatible: ['v1_erofs'], incompatible: [] },
      secure: false,
      writable: true,
      counts: { objects: 3, streams: 0, images: 2, image_refs: 2, oci_tags: 0 },
    })
    const text = textOf(runOurs(['info'], undefined, { CFSCTL_REPO: repository }))
    expect(text).toMatch(/^path: .*\nselected_by: env\nversion: 1\n/)
    expect(text).toMatch(/^ {2}image_refs: 2$/m)
  })

  test('images', () => {
    expect(textOf(run('images')).split('\n')[3]).toBe('│ my/name ┆ 2d4d0a13f5b7 │')
    expect(textOf(run('list-images', '--no-trunc', '--format', 'plain')).split('\n')[0]).toBe(
      `my/name\t${mine}`,
    )
    const { images } = documentOf(run('images', '--json')) as { images: unknown[] }
    expect(images[0]).toEqual({ name: 'my/name', digest: mine, size: 24576, erofs_version: 1 })
  })

  test.each([mine, `sha256:${mine}`, mine.toUpperCase(), 'refs/my/name'])(
    'image-objects %s',
    name => {
      expect(textOf(run('image-objects', name))).toBe(`sha256:${object}`)
    },
  )

  test('image-objects has a document', () => {
    expect(documentOf(run('--json', 'image-objects', 'refs/my/name'))).toEqual({
      schema: 'cfsctl.image-objects/1',
      id: mine,
      objects: [object],
    })
  })

  test('dump-files', () => {
    expect(textOf(run('dump-files', 'other', '/')).split('\n')).toHaveLength(8)
    expect(textOf(run('dump-files', '--backing-path-only', 'other', '/usr/bin/a'))).toBe(
      `/usr/bin/a 93/${object.slice(2)}`,
    )
    const { entries } = documentOf(
      run('dump-files', 'other', '/etc/ln', '/etc/small', '--json'),
    ) as {
      entries: unknown[]
    }
    expect(entries).toEqual([
      {
        path: '/etc/ln',
        type: 'symlink',
        mode: 0o777,
        uid: 0,
        gid: 0,
        nlink: 1,
        size: 5,
        mtime: '2023-11-14T22:13:20.000000000Z',
        rdev: 0,
        target: 'small',
        content_base64: null,
        object: null,
        digest: null,
        xattrs: {},
      },
      expect.objectContaining({
        path: '/etc/small',
        type: 'regular',
        mode: 0o600,
        mtime: '2023-11-14T22:13:20.000005000Z',
        target: null,
        content_base64: Buffer.from('hi').toString('base64'),
      }),
    ])
  })

  test.each([
    [['image-objects', 'nope'], 3, 'image-not-found'],
    [['image-objects', 'f'.repeat(64)], 3, 'image-not-found'],
    [['dump-files', 'other', '/nope'], 3, 'path-not-found'],
    [['dump-files', '--backing-path-only', 'other', '/usr'], 2, 'usage'],
    [['cat', 'nope'], 3, 'stream-not-found'],
    [['cat', 'a/b'], 2, 'invalid-name'],
    [['--hash', 'sha512', 'images'], 1, 'repository-conflict'],
    [['--require-verity', 'images'], 4, 'verity-missing'],
    [['varlink'], 5, 'feature-unsupported'],
    [['oci', 'verify', '--json'], 5, 'feature-unsupported'],
    [['images', '--bogus'], 2, 'usage'],
    [['create-image', '/nowhere'], 1, 'io-error'],
    [['oci', 'layer', 'f'.repeat(64)], 3, 'layer-not-found'],
    [['oci', 'layer', 'xyz'], 2, 'invalid-digest'],
    [['oci', 'inspect', 'nope'], 3, 'tag-not-found'],
    [['oci', 'untag', 'nope'], 3, 'tag-not-found'],
    [['oci', 'tag', `sha256:${'0'.repeat(64)}`, 'x'], 3, 'tag-not-found'],
    [['oci', 'pull', 'docker://a/b'], 2, 'invalid-name'],
    [['oci', 'pull', 'quay.io/a/b'], 2, 'invalid-name'],
    [['oci', 'pull', 'oci:/nowhere'], 3, 'source-not-found'],
    [['oci', 'pull', '--bootable', 'oci:/nowhere'], 3, 'source-not-found'],
    [
      ['oci', 'pull', '--bootable', '--expected-digest', 'abc', 'oci:/nowhere'],
      2,
      'invalid-digest',
    ],
    [['oci', 'pull', '--platform', 'linux', 'oci:/nowhere'], 2, 'invalid-name'],
    [['--no-repo', 'images'], 2, 'usage'],
  ])('%j: exit %i, %s', (args, status, code) => {
    const outcome = run('--json', ...args)
    expect(outcome.status).toBe(status)
    expect(outcome.stdout.toString()).toBe('')
    expect(errorOf(outcome)).toMatchObject({ code })
  })

  test.each([
    ['/nowhere', 'repository-not-found'],
    [join(work, 'nothing'), 'metadata-missing'],
    [join(repository, 'meta.json'), 'repository-not-found'],
  ])('that is not one: %s', (path, code) => {
    mkdirSync(join(work, 'nothing'), { recursive: true })
    const outcome = runOurs(['--json', '--repo', path, 'images'])
    expect(outcome.status).toBe(3)
    expect(errorOf(outcome)).toMatchObject({ code })
  })

  test('an image of a directory', () => {
    const root = makeRoot(join(work, 'root'))
    const id = textOf(run('create-image', root, 'new/image'))
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(textOf(run('create-image', root))).toBe(id)
    expect(`sha256:${textOf(run('compute-id', root))}`).toBe(id)
    const document = documentOf(run('create-image', root, '--json'))
    expect(document).toMatchObject({
      schema: 'cfsctl.create-image/1',
      id: id.slice('sha256:'.length),
      algorithm: 'fsverity-sha256-12',
      erofs_version: 1,
      xattrs: 'allowlist-only',
      name: null,
      objects_new: 0,
      objects_present: 1,
      bytes_stored: 0,
    })
    const dump = bytesOf(run('create-dumpfile', root))
    const version1 = ['--from-file', '--min-version=1', '--print-digest-only', '-']
    expect(textOf(runOurs(['mkcomposefs', ...version1], dump))).toBe(document.id)
    expect(textOf(run('images', '--format', 'plain'))).toContain('new/image\t')
    expect(textOf(run('dump-files', 'refs/new/image', '/run'))).toMatch(/^\/run \S+ \S+ 2 .*$/)
  })

  test('an imported image is checked', () => {
    const image = readFileSync(join(repository, 'images', mine))
    const importing = ['--repo', repository, 'import-image', 'imported']
    expect(textOf(runOurs(importing, image))).toBe(`sha256:${mine}`)
    for (const input of [Buffer.from('no image'), image.subarray(0, 8192), Buffer.alloc(0)]) {
      const { status, stderr } = runOurs(importing, input)
      expect(status).toBe(1)
      expect(stderr).toMatch(/^error: standard input is no image for this repository: /)
    }
  })

  test('an old repository is read as it is and upgraded by the first write', () => {
    const old = join(work, 'old')
    unpack(join(vectorsDirectory, 'repo/repos/legacy-old-headers.tar'), old)
    const legacy = join(old, 'legacy-old-headers')
    const metadata = join(legacy, 'meta.json')
    textOf(runOurs(['--repo', legacy, 'oci', 'images']))
    expect(existsSync(metadata)).toBe(false)
    expect(runOurs(['--repo', legacy, '--no-upgrade', 'oci', 'images']).stderr).toMatch(
      /--no-upgrade/,
    )
    textOf(runOurs(['--repo', legacy, 'init', '--ensure']))
    expect(existsSync(metadata)).toBe(true)
  })
})

describe('what needs no repository', () => {
  const work = temporaryDirectory()
  const root = makeRoot(join(work, 'root'))

  test('computes by the hash that is asked for, else by that of the repository', () => {
    const id = (...args: string[]) => textOf(runOurs([...args, 'compute-id', root]))
    const repository = join(work, 'r')
    textOf(runOurs(['init', '--insecure', '--algorithm=fsverity-sha256-12', repository]))
    expect(id('--no-repo')).toHaveLength(128)
    expect(id('--repo', '/nowhere')).toBe(id('--no-repo'))
    expect(id('--repo', repository)).toBe(id('--no-repo', '--hash', 'sha256'))
    expect(id('--repo', repository, '--hash', 'sha512')).toBe(id('--no-repo'))
    expect(id('--no-repo', '--erofs-version', '2')).not.toBe(id('--no-repo'))
  })
})

describe('the ends of a program', () => {
  const work = temporaryDirectory()
  const repository = join(work, 'r')
  beforeAll(() => void textOf(runOurs(['init', '--insecure', repository])))

  test('a reader that goes away: 141, and not a word', () => {
    const { status, stderr } = shell('set -o pipefail; "$@" | true', ['oci', '--help'])
    expect([status, stderr]).toEqual([141, ''])
  })

  test('a full disk', () => {
    const { status, stderr } = shell('"$@" > /dev/full', ['--repo', repository, 'oci', 'images'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: standard output cannot be written: .*no space left on device$/m)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s while it reads: %i', (signal, expected) => {
    // Job control, so that the shell does not have SIGINT ignored.
    const script = `set -m; mkfifo ${work}/${signal}; exec 9<>${work}/${signal}
      "$@" < ${work}/${signal} & sleep 2; kill -${signal} $!; wait $!`
    const { status, stderr } = shell(script, ['--repo', repository, 'import-image', 'x'])
    expect(status).toBe(expected)
    expect(stderr).toMatch(/^error: (interrupted|terminated|hung up)$/m)
  })

  test('a lock that another process holds: 6, and who it is', () => {
    const script = `flock -x -o ${repository} sleep 20 & sleep 0.5; "$@"; status=$?; kill %1; exit $status`
    const { status, stderr } = shell(script, ['--repo', repository, '--lock-timeout=0', 'cat', 'x'])
    expect(status).toBe(6)
    expect(stderr).toMatch(/^hint: process \d+ holds the lock: /m)
  })

  test('--quiet: nothing on standard error', () => {
    const outcome = runOurs(['-q', '--repo', repository, 'oci', 'images'])
    expect([outcome.status, outcome.stderr]).toEqual([0, ''])
  })

  test('--color', () => {
    expect(runOurs(['--color=always', 'bogus']).stderr).toContain('\u001b[1;31merror:\u001b[0m ')
    expect(runOurs(['bogus'], undefined, { FORCE_COLOR: '1' }).stderr).toContain('\u001b[')
    expect(
      runOurs(['--color=never', 'bogus'], undefined, { FORCE_COLOR: '1' }).stderr,
    ).not.toContain('\u001b[')
  })

  test('-vv tells where an error comes from', () => {
    const args = ['--repo', repository, 'cat', 'x']
    expect(runOurs(args).stderr).not.toMatch(/^ {4}at /m)
    expect(runOurs(['-vv', ...args]).stderr).toMatch(/^ {4}at /m)
  })

  test('without a command: the help on standard error, 2', () => {
    const { status, stdout, stderr } = runOurs([])
    expect([status, stdout.toString()]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: cfsctl /m)
  })
})

function makeRoot(path: string): string {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(join(path, 'usr/bin'), { recursive: true })
  mkdirSync(join(path, 'run/lock'), { recursive: true })
  writeFileSync(join(path, 'usr/bin/large'), Buffer.alloc(10_000, 7))
  writeFileSync(join(path, 'usr/small'), 'small')
  symlinkSync('usr/bin', join(path, 'bin'))
  return path
}

/** Runs a script of bash in which `"$@"` is our program with `args`. */
function shell(script: string, args: readonly string[]) {
  const program = [process.execPath, ...ourProgram]
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { status, stderr }
}
