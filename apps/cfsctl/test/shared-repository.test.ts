import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { peer, runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
const OURS = [process.execPath, '--conditions=composefs-source', '--no-warnings', main]

/** Runs a program with another umask, and as another user. */
function runAs(
  command: readonly string[],
  { umask, uid, gid }: { umask: string; uid?: number; gid?: number },
) {
  return spawnSync('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...command], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', HOME: '/nonexistent', CFSCTL_REPO: '' },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
}

/** Modes of everything below a directory, by kinds of paths. */
function modes(repository: string): string[] {
  const found = readdirSync(repository, { recursive: true, encoding: 'utf8' }).map(name => {
    const kind = name.replace(/^objects\/[0-9a-f]{2}/, 'objects/ab').replace(/[0-9a-f]{40,}/, 'HEX')
    return `${(lstatSync(join(repository, name)).mode & 0o7777).toString(8)} ${kind}`
  })
  return [...new Set(found)].sort()
}

describe('modes of a repository', () => {
  const work = temporaryDirectory()
  const tree = join(work, 'tree')
  beforeAll(() => {
    mkdirSync(join(tree, 'usr'), { recursive: true })
    writeFileSync(join(tree, 'usr/file'), 'x'.repeat(1000))
  })

  function make(program: readonly string[], umask: string): string {
    const repository = join(work, `${program === OURS ? 'ours' : 'peer'}-${umask}`)
    const run = (...args: string[]) => {
      const { status, stderr } = runAs([...program, '--repo', repository, ...args], { umask })
      expect(status, stderr).toBe(0)
    }
    run('init', '--insecure')
    run('create-image', tree, 'app')
    return repository
  }

  test.skipIf(peer === undefined).each(['022', '077'])(
    'are those of the peer for umask %s (needs the peer)',
    umask => {
      expect(modes(make(OURS, umask))).toEqual(modes(make([String(peer)], umask)))
    },
  )

  test('for a group let it write to directories, and to no object', () => {
    expect(modes(make(OURS, '002'))).toEqual([
      '644 meta.json',
      '644 objects/ab/HEX',
      '775 images',
      '775 images/refs',
      '775 objects',
      '775 objects/ab',
      '777 images/HEX',
      '777 images/refs/app',
    ])
  })
})

describe.skipIf(!isRoot)('a repository that a group shares (needs root)', () => {
  const GROUP = 60_000
  const [ANNA, BERT, STRANGER] = [60_001, 60_002, 60_003]
  const work = temporaryDirectory()
  const repository = join(work, 'r')
  const tree = join(work, 'tree')
  const run = (uid: number, gid: number, ...args: string[]) =>
    runAs([...OURS, '--repo', repository, ...args], { umask: '002', uid, gid })
  const texts = (outcome: ReturnType<typeof run>) => {
    expect(outcome.stderr).toBe('')
    return outcome.stdout
  }

  beforeAll(() => {
    chmodSync(work, 0o755)
    mkdirSync(join(tree, 'usr'), { recursive: true })
    writeFileSync(join(tree, 'usr/file'), 'x'.repeat(1000))
    textOf(runOurs(['init', '--insecure', repository]))
    chownSync(repository, 0, GROUP)
    chmodSync(repository, 0o2770)
  })

  test('is written by one after the other, each owning what it made', () => {
    const first = texts(run(ANNA, GROUP, '-q', 'create-image', tree, 'app'))
    expect(texts(run(BERT, GROUP, '-q', 'create-image', tree, 'app'))).toBe(first)
    writeFileSync(join(tree, 'usr/more'), 'y'.repeat(1000))
    expect(texts(run(BERT, GROUP, '-q', 'create-image', tree, 'app'))).not.toBe(first)
    expect(texts(run(ANNA, GROUP, '-q', 'fsck'))).toMatch(/status: ok/)
    // Of every directory: the group is that of the repository, whoever made it.
    for (const entry of readdirSync(repository, { recursive: true, withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const { gid, mode } = lstatSync(join(entry.parentPath, entry.name))
      expect([gid, mode & 0o7777]).toEqual([GROUP, 0o2775])
    }
  })

  test('is collected by one who owns nothing of it', () => {
    expect(texts(run(BERT, GROUP, '-q', 'gc'))).toMatch(/Objects: 1 removed/)
    expect(texts(run(ANNA, GROUP, '-q', 'images'))).toContain('app')
  })

  test('is nothing to others', () => {
    const { status, stderr } = run(STRANGER, STRANGER, 'images')
    expect([status, stderr]).toEqual([5, expect.stringMatching(/permission denied/)])
  })
})
