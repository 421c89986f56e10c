import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { createFaultySystem, FaultPlan, injectFileSystemFaults } from '@composefs/linux/faults'
import {
  checkRepository,
  collectGarbage,
  initRepository,
  openRepository,
  type Repository,
  type System,
} from '@composefs/repository'
import { buildTar, seededRandom, writeLayout } from '@composefs/test-fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, pull, removeTag, seal, setTag } from '../src/index.ts'
import { openImage } from '../src/store/open-image.ts'

// Calls of whole commands fail, one in each run. Whatever it is: the error tells it, nothing stays open, no temporary
// file stays, all names stand for something complete, a second run comes to the same end, and a garbage collection
// leaves what it leaves of an undisturbed run.

/** Calls that fail for each command and error, spread over all of them; `all` for every one. */
const POINTS = process.env.COMPOSEFS_TEST_FAULTS ?? '5'

const WRITING = [
  ...['openSync', 'writeSync', 'mkdirSync', 'symlinkSync', 'renameSync', 'linkSync'],
  ...['createUnnamed', 'linkUnnamed', 'renameNoReplace', 'enableVerity', 'syncFileSystem'],
]
const OPENING = ['openSync', 'opendirSync', 'readdirSync', 'createUnnamed', 'reopenReadOnly']

const ERRORS: readonly (readonly [
  string,
  Omit<ConstructorParameters<typeof FaultPlan>[0], 'code'>,
])[] = [
  ['EIO', {}],
  ['ENOSPC', { calls: WRITING, isLasting: true }],
  ['EDQUOT', { calls: WRITING }],
  ['EMFILE', { calls: OPENING, isLasting: true }],
]

/** Nothing is lost with the power here, so nobody waits for the disk. */
const unsynced: System = { ...linuxSystem, syncFileSystem() {} }

const work = mkdtempSync(join(tmpdir(), 'composefs-oci-faults-'))
const pulled = join(work, 'pulled')
const empty = join(work, 'empty')
const unused = join(work, 'unused')
let reference: string

/** What a command starts from, what it does, and what is there at the end of it. */
interface Command {
  readonly start: () => string
  readonly run: (repository: Repository) => Promise<unknown>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  pull: { start: () => empty, run: repository => pull(repository, reference, OPTIONS) },
  seal: { start: () => pulled, run: repository => seal(repository, 'app') },
  tag: {
    start: () => pulled,
    run: async repository => {
      const { manifest } = await openImage(repository, 'app')
      setTag(repository, 'other', manifest.digest)
      removeTag(repository, 'other')
      setTag(repository, 'other', manifest.digest)
      setTag(repository, 'app', manifest.digest)
    },
  },
  copy: {
    start: () => empty,
    run: async repository => {
      await using from = await openRepository(pulled, { system: unsynced })
      await copyImage(from, 'app', repository, { tag: 'app' })
    },
  },
  gc: { start: () => unused, run: repository => collectGarbage(repository) },
}
const OPTIONS = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }

beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  const tars = [
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(300_000) }]),
    await buildTar([
      { name: 'usr/b', content: 'b'.repeat(200) },
      { name: 'usr/twice', content: 'b'.repeat(200) },
      { name: 'usr/c', content: 'small' },
    ]),
  ]
  const layers = tars.map(tar => ({ tar, compression: 'gzip' as const }))
  const { directory } = writeLayout(join(work, 'layout'), { tag: 't', layers })
  reference = `oci:${directory}:t`
  await initRepository(empty, { system: unsynced, algorithm: SHA256, insecure: true })
  for (const path of [pulled, unused]) {
    copyDirectory(empty, path)
    await using repository = await openRepository(path, { system: unsynced })
    await pull(repository, reference, OPTIONS)
    if (path === unused) removeTag(repository, 'app')
  }
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe.each(Object.entries(COMMANDS))('%s', (name, { start, run }) => {
  test.each(ERRORS)('stands %s', async (code, options) => {
    const directory = mkdtempSync(join(work, `${name}-`))
    const undisturbed = join(directory, 'undisturbed')
    copyDirectory(start(), undisturbed)
    const counter = new FaultPlan({ code, ...options, within: undisturbed })
    expect(await underFaults(counter, undisturbed)).toBeUndefined()
    const expected = await afterCollection(undisturbed)
    // So many there are, or the test tests nothing.
    expect(counter.seen).toBeGreaterThan(code === 'EIO' ? 20 : 2)

    for (const nth of chosen(counter.seen)) {
      const path = join(directory, String(nth))
      copyDirectory(start(), path)
      const plan = new FaultPlan({ nth, code, ...options, within: path })
      const before = openFiles()
      const error = await underFaults(plan, path)
      const { failed } = plan
      const where = `call ${nth}, ${failed?.name} ${failed?.path}`
      if (error !== undefined) expect(codesOf(error), where).toContain(code)
      await expect.poll(openFiles, { message: where }).toBe(before)
      if (failed?.name !== 'unlinkSync') expect(temporaries(path), where).toEqual([])
      await using repository = await openRepository(path, { system: unsynced })
      expect((await checkRepository(repository)).findings, where).toEqual([])
      await run(repository)
      expect(await afterCollection(path, repository), where).toEqual(expected)
      rmSync(path, { recursive: true })
    }
  })

  /** Runs the command with faults; returns its error, if it had one. */
  async function underFaults(plan: FaultPlan, path: string): Promise<unknown> {
    using _faults = injectFileSystemFaults(plan)
    try {
      const system = createFaultySystem(unsynced, plan)
      await using repository = await openRepository(path, { system, mode: 'write' })
      await run(repository)
      return undefined
    } catch (error) {
      return error
    }
  }
})

/** Everything that is there when what no name reaches has gone. */
async function afterCollection(path: string, open?: Repository): Promise<string[]> {
  const repository = open ?? (await openRepository(path, { system: unsynced }))
  await collectGarbage(repository)
  const findings = (await checkRepository(repository)).findings
  expect(findings).toEqual([])
  await repository.close()
  return readdirSync(path, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(path.length))
    .sort()
}

function chosen(count: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1)
  if (POINTS === 'all') return all
  const step = Math.max(1, Math.floor(count / Number(POINTS)))
  const first = seededRandom(Date.now()).below(step)
  return all.filter((_, index) => index % step === first)
}

/** Codes of an error and its causes. */
function codesOf(error: unknown): unknown[] {
  const codes: unknown[] = []
  for (let cause = error; cause instanceof Error && codes.length < 8; cause = cause.cause) {
    codes.push((cause as NodeJS.ErrnoException).code)
  }
  return codes
}

function copyDirectory(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}

const openFiles = () => readdirSync('/proc/self/fd').length

function temporaries(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name =>
    /\.(?:symlink|tmp-object)-/.test(name),
  )
}
