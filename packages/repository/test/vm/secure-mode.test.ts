import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Algorithm, type Digest, SHA256, SHA512 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkRepository,
  collectGarbage,
  type FindingKind,
  initRepository,
  mendEntries,
  openRepository,
  publish,
  type Repository,
  type System,
} from '../../src/index.ts'
import { codeOf } from '../code-of.ts'
import { temporaryDirectory } from '../directories.ts'
import { whyNoVerity } from './verity-ability.ts'

const why = whyNoVerity()

describe.skipIf(why !== undefined)(`secure mode${why ? ` (${why})` : ''}`, () => {
  /** A secure repository with one object that a stream needs. */
  async function sampleRepository(
    system: System = linuxSystem,
  ): Promise<{ repository: Repository; digest: Digest; path: string }> {
    const root = join(temporaryDirectory(), 'repository')
    await initRepository(root, { system, algorithm: SHA256 })
    const repository = await openRepository(root, { system, mode: 'write' })
    onTestFinished(() => repository.close())
    expect(repository.secure).toBe(true)
    const { digest, size } = repository.objects.put(CONTENT)
    const writer = repository.streams.createWriter('ocilayer')
    writer.writeExternal(digest, size)
    const stream = await repository.streams.store(writer)
    publish(repository, [
      { kind: 'stream', id: 'layer', digest: stream },
      { kind: 'stream-ref', name: 'layer', id: 'layer' },
    ])
    return { repository, digest, path: join(root, 'objects', digest.objectPath) }
  }

  async function findings(repository: Repository): Promise<readonly FindingKind[]> {
    return (await checkRepository(repository)).findings.map(({ kind }) => kind)
  }

  test('a check asks the kernel alone, and finds nothing wrong', async () => {
    const { repository } = await sampleRepository()
    expect(await checkRepository(repository)).toMatchObject({ ok: true, objectsChecked: 2 })
  })

  test.each<[string, FindingKind, (path: string) => void]>([
    ['no fs-verity', 'object-verity-missing', path => writeFileSync(path, CONTENT)],
    [
      'fs-verity of another algorithm',
      'object-verity-failed',
      path => {
        writeFileSync(path, CONTENT)
        seal(path, SHA512)
      },
    ],
    [
      'fs-verity of other content',
      'object-digest-mismatch',
      path => {
        writeFileSync(path, 'other')
        seal(path, SHA256)
      },
    ],
  ])('an object with %s is found, not read, and replaced', async (_, kind, spoil) => {
    const { repository, digest, path } = await sampleRepository()
    rmSync(path)
    spoil(path)
    expect(await findings(repository)).toEqual([kind])
    expect(await codeOf(() => repository.objects.read(digest))).toMatch(
      /^ERR_REPOSITORY_(VERITY_MISSING|DIGEST_MISMATCH)$/,
    )
    expect(repository.objects.put(CONTENT)).toMatchObject({ digest, isNew: true })
    expect(await findings(repository)).toEqual([])
  })

  test.each<[string, 'verity-enabled' | 'put-aside', (path: string) => void]>([
    ['gets the fs-verity it lacks', 'verity-enabled', path => writeFileSync(path, CONTENT)],
    [
      'is replaced where its fs-verity is of another algorithm',
      'verity-enabled',
      path => {
        writeFileSync(path, CONTENT)
        seal(path, SHA512)
      },
    ],
    ['is put aside where its content is wrong', 'put-aside', path => writeFileSync(path, 'other')],
  ])('an object that is repaired %s', async (_, action, spoil) => {
    const { repository, digest, path } = await sampleRepository()
    await repository.close()
    rmSync(path)
    spoil(path)
    const options = { system: linuxSystem, mode: 'write', lock: 'exclusive' } as const
    await using alone = await openRepository(repository.path, options)
    const { findings: found } = await checkRepository(alone)
    const objectPath = `objects/${digest.objectPath}`
    expect(await mendEntries(alone, found)).toEqual([
      expect.objectContaining({ action, path: objectPath }),
    ])
    if (action === 'put-aside') expect(alone.objects.put(CONTENT).isNew).toBe(true)
    expect(await findings(alone)).toEqual([])
    expect(measured(path)).toBe(digest.hex)
  })

  test('a collection removes what has fs-verity like everything else', async () => {
    const { repository, digest } = await sampleRepository()
    const { digest: other } = repository.objects.put(Buffer.alloc(10_000, 'nobody needs this '))
    repository.sync()
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 1 })
    expect(repository.objects.has(other)).toBe(false)
    expect(repository.objects.has(digest)).toBe(true)
    expect(await findings(repository)).toEqual([])
  })

  describe('while somebody has a new file open for writing', () => {
    /** Linux, with a second descriptor of the first file that is made, as a forked child has it. */
    function withIntruder(closeAfter: number): { system: System; calls: string[] } {
      const calls: string[] = []
      let intruder: number | undefined
      let busy = 0
      const system: System = {
        ...linuxSystem,
        createUnnamed: (directory, mode) => {
          const file = linuxSystem.createUnnamed(directory, mode)
          if (file !== undefined && calls.push('create') === 1) {
            intruder = openSync(`/proc/self/fd/${file}`, constants.O_RDWR)
          }
          return file
        },
        enableVerity: (file, algorithm) => {
          const state = linuxSystem.enableVerity(file, algorithm)
          calls.push(state)
          if (state === 'busy' && ++busy === closeAfter) leave()
          return state
        },
      }
      onTestFinished(leave)
      return { system, calls }

      function leave(): void {
        if (intruder !== undefined) closeSync(intruder)
        intruder = undefined
      }
    }

    test.each<[string, number, string[]]>([
      ['tries again', 1, ['create', 'busy', 'enabled']],
      ['copies it', Infinity, ['create', 'busy', 'busy', 'busy', 'create', 'enabled']],
    ])('it %s', async (_, closeAfter, expected) => {
      const { repository } = await sampleRepository()
      const { system, calls } = withIntruder(closeAfter)
      await using writing = await openRepository(repository.path, { system, mode: 'write' })
      const content = Buffer.alloc(20_000, 'new ')
      const { digest } = writing.objects.put(content)
      expect(calls).toEqual(expected)
      expect(Buffer.from(repository.objects.read(digest))).toEqual(content)
      expect(await findings(repository)).toEqual([])
    })
  })

  test('children that another thread starts keep nobody from storing', async () => {
    const { repository } = await sampleRepository()
    const forking = new Worker(FORK_FOR_EVER, { eval: true })
    onTestFinished(async () => void (await forking.terminate()))
    await new Promise(resolve => forking.once('message', resolve))
    for (let i = 0; i < 50; i++) {
      expect(repository.objects.put(Buffer.alloc(500, `${i} `)).isNew).toBe(true)
      const writer = repository.objects.create()
      writer.write(Buffer.alloc(5000, `${i} written `))
      expect(writer.finish().isNew).toBe(true)
    }
    expect(await checkRepository(repository)).toMatchObject({ ok: true, objectsChecked: 102 })
  })

  test('what has fs-verity is not taken for a secure repository because of it', async () => {
    const root = join(temporaryDirectory(), 'repository')
    const system = linuxSystem
    await initRepository(root, { system, insecure: true })
    await using repository = await openRepository(root, { system, mode: 'write' })
    const { digest } = repository.objects.put(CONTENT)
    expect(measured(join(root, 'objects', digest.objectPath))).toBe(digest.hex)
    expect(repository.secure).toBe(false)
    const requireVerity = true
    expect(await codeOf(() => openRepository(root, { system, requireVerity }))).toBe(
      'ERR_REPOSITORY_INSECURE',
    )
  })

  test('a meta.json without its fs-verity makes a repository insecure', async () => {
    const { repository } = await sampleRepository()
    const { path: root } = repository
    const metadata = join(root, 'meta.json')
    const text = readFileSync(metadata)
    rmSync(metadata)
    writeFileSync(metadata, text)
    const system = linuxSystem
    const requireVerity = true
    expect(await codeOf(() => openRepository(root, { system, requireVerity }))).toBe(
      'ERR_REPOSITORY_INSECURE',
    )
  })
})

const CONTENT = Buffer.alloc(10_000, 'content ')

/** A program for a thread that starts children one after the other. */
const FORK_FOR_EVER = `
  const { spawn } = require('node:child_process')
  const { parentPort } = require('node:worker_threads')
  const start = () => {
    spawn('/bin/true', { stdio: 'ignore' }).on('exit', start)
    parentPort.postMessage('started')
  }
  start()
`

function seal(path: string, algorithm: Algorithm): void {
  const file = openSync(path, 'r')
  expect(linuxSystem.enableVerity(file, algorithm)).toBe('enabled')
  closeSync(file)
}

/** The kernel's digest of a file in hex. */
function measured(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const state = linuxSystem.measureVerity(file, SHA256)
    return state.state === 'enabled' ? Buffer.from(state.digest).toString('hex') : undefined
  } finally {
    closeSync(file)
  }
}
