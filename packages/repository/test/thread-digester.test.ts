import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLocalDigester, createThreadDigester, type FileDigester } from '../src/index.ts'
import { temporaryDirectory } from './directories.ts'

type Behaviour = 'serves' | 'throws' | 'exits' | 'sleeps'

function startWorker(behaviour: Behaviour): Worker {
  return new Worker(new URL('digest-worker.ts', import.meta.url), {
    execArgv: ['--conditions=composefs-source', '--no-warnings'],
    workerData: behaviour,
  })
}

/** A digester of threads, and how many it has started. */
function inThreads(
  threads: number,
  { behaviour = 'serves', signal }: { behaviour?: Behaviour; signal?: AbortSignal } = {},
): { readonly digester: FileDigester; started(): number } {
  let started = 0
  const digester = createThreadDigester({
    threads,
    createWorker: () => {
      started++
      return startWorker(behaviour)
    },
    ...(signal === undefined ? {} : { signal }),
  })
  onTestFinished(() => digester.close())
  return { digester, started: () => started }
}

const content = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => i * 7))

describe.each([
  ['in the thread of the caller', () => createLocalDigester(nodeHashing)],
  ['in one thread', () => inThreads(1).digester],
  ['in three threads', () => inThreads(3).digester],
])('digests computed %s', (_, create) => {
  test('are those of the files, whatever their sizes', async () => {
    const directory = temporaryDirectory()
    const digester = create()
    const files = [0, 1, 4095, 4096, 4097, 262_143, 262_144, 262_145, 600_000].map(size => {
      const path = join(directory, String(size))
      writeFileSync(path, content(size))
      return { path, content: content(size) }
    })
    for (const algorithm of [SHA256, SHA512]) {
      const digests = await Promise.all(files.map(({ path }) => digester.digest(path, algorithm)))
      expect(digests.map(({ hex }) => hex)).toEqual(
        files.map(file => fsverityDigest(file.content, { algorithm, hashing: nodeHashing }).hex),
      )
    }
  })

  test('fail for what is no regular file, and for nothing else', async () => {
    const directory = temporaryDirectory()
    const at = (name: string) => join(directory, name)
    const digester = create()
    mkdirSync(at('directory'))
    writeFileSync(at('file'), 'content')
    symlinkSync('file', at('symlink'))
    execFileSync('mkfifo', [at('fifo')])
    const names = ['missing', 'file', 'directory', 'symlink', 'fifo', 'file']
    const results = await Promise.allSettled(names.map(name => digester.digest(at(name), SHA256)))
    expect(
      results.map(result => (result.status === 'rejected' ? result.reason.code : 'digest')),
    ).toEqual(['ENOENT', 'digest', 'EISDIR', 'ELOOP', 'ENXIO', 'digest'])
  })
})

describe('threads', () => {
  test('are started when there is work for them, and no more than allowed', async () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, content(100))
    const { digester, started } = inThreads(2)
    expect(started()).toBe(0)
    await digester.digest(path, SHA256)
    expect(started()).toBe(1)
    const many = Array.from({ length: 300 }, () => digester.digest(path, SHA512))
    expect(new Set((await Promise.all(many)).map(({ hex }) => hex)).size).toBe(1)
    expect(started()).toBe(2)
  })

  test.each(['throws', 'exits'] as const)(
    'one that %s fails what is asked for',
    async behaviour => {
      const { digester } = inThreads(2, { behaviour })
      const asked = Array.from({ length: 100 }, () => digester.digest('/nowhere', SHA256))
      const results = await Promise.allSettled(asked)
      expect(results.every(({ status }) => status === 'rejected')).toBe(true)
      await expect(digester.digest('/nowhere', SHA256)).rejects.toThrow(/no thread for this|exit 3/)
    },
  )

  test('are not waited for when the caller gives up', async () => {
    const controller = new AbortController()
    const { digester } = inThreads(1, { behaviour: 'sleeps', signal: controller.signal })
    const asked = digester.digest('/nowhere', SHA256)
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(digester.digest('/nowhere', SHA256)).rejects.toThrow('enough')
  })

  test('are not waited for when the digester is closed', async () => {
    const { digester } = inThreads(1, { behaviour: 'sleeps' })
    const asked = digester.digest('/nowhere', SHA256)
    const rejected = expect(asked).rejects.toThrow('closed')
    await digester.close()
    await rejected
  })
})

test('a large file gives others a turn and can be given up', async () => {
  const path = join(temporaryDirectory(), 'large')
  writeFileSync(path, '')
  // Reading it takes longer than a test may.
  truncateSync(path, 2 ** 42)
  const controller = new AbortController()
  const digester = createLocalDigester(nodeHashing, controller.signal)
  const asked = digester.digest(path, SHA256)
  setImmediate(() => controller.abort(new Error('enough')))
  await expect(asked).rejects.toThrow('enough')
})
