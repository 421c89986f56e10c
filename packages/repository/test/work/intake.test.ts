import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  ALGORITHMS,
  type Algorithm,
  type Digest,
  fsverityDigest,
  SHA512,
} from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createDigestIntake,
  initRepository,
  isRepositoryError,
  type ObjectIntake,
  ObjectJob,
  openRepository,
  type PutResult,
  type Repository,
} from '../../src/index.ts'
import { temporaryDirectory } from '../directories.ts'
import { SimulatedSystem } from '../simulated-system.ts'
import { objectHelpers } from './object-threads.ts'
import { putAll } from './put-all.ts'

const CONTENT = new Uint32Array(1 << 18).map((_, i) => Math.imul(i, 0x9e3779b1))

/** Content that differs in every block, and from that of other seeds. */
function content(size: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(CONTENT.buffer).slice(0, size)
  if (size > 0) bytes[0] = seed
  return bytes
}

const digestOf = (data: Uint8Array, algorithm: Algorithm) =>
  fsverityDigest(data, { algorithm, hashing: nodeHashing })

async function newRepository({
  algorithm = SHA512,
  threads = 0,
}: {
  algorithm?: Algorithm
  threads?: number
} = {}): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  const system = linuxSystem
  await initRepository(path, { system, algorithm, insecure: true })
  const repository = await openRepository(path, { system, helpers: objectHelpers(threads) })
  onTestFinished(() => repository.close())
  repository.slots.startHelpers()
  return repository
}

/** Puts one large content through slots, leaf by leaf. */
async function putLarge(intake: ObjectIntake, data: Uint8Array): Promise<PutResult> {
  const large = intake.openLarge()
  const lane = intake.slots.lane({ onDone: slot => large.addLeaf(slot, 0) })
  try {
    const { leafSize } = intake
    for (let at = 0; at < data.length; at += leafSize) {
      const slot = await lane.take()
      const piece = data.subarray(at, at + leafSize)
      slot.data.set(piece)
      large.write(piece)
      slot.add(ObjectJob.leaf, 0, piece.length)
      lane.publish()
    }
    await lane.drain()
    return large.finish()
  } finally {
    await lane.abort()
    large.abort()
  }
}

const objectFile = (repository: Repository, id: Digest) =>
  join(repository.path, 'objects', id.objectPath)

async function failureOf(action: () => Promise<unknown>): Promise<unknown> {
  return await action().then(
    () => undefined,
    (error: unknown) => error,
  )
}

const named = ALGORITHMS.map(algorithm => [algorithm.name, algorithm] as const)

describe.each([
  ['without helpers', 0],
  ['with a helper', 1],
])('contents in slots %s', (_, threads) => {
  test.each(named)('are stored, in order: %s', async (_, algorithm) => {
    const repository = await newRepository({ algorithm, threads })
    const contents = Array.from({ length: 1200 }, (_, i) => content((i * 97) % 9000, i % 251))
    const results = await putAll(repository.intake, contents)
    expect(results.map(({ digest, size }) => [digest.hex, size])).toEqual(
      contents.map(data => [digestOf(data, algorithm).hex, data.length]),
    )
    for (const [i, { digest }] of results.entries()) {
      expect(readFileSync(objectFile(repository, digest)).equals(contents[i] as Buffer)).toBe(true)
    }
    const unique = new Set(results.map(({ digest }) => digest.hex))
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(unique.size)
    expect(repository.hasUnsynced).toBe(true)
    repository.sync()
    expect(repository.hasUnsynced).toBe(false)
    const again = await putAll(repository.intake, contents)
    expect(again.some(({ isNew }) => isNew)).toBe(false)
    expect(repository.hasUnsynced).toBe(false)
  })

  test('are hashed only, where nothing is stored', async () => {
    const repository = await newRepository({ threads })
    const { slots, hashing, algorithm } = repository
    const intake = createDigestIntake({ algorithm, hashing, slots })
    const contents = [0, 1, 4096, 4097, 262_144, 300_000].map(size => content(size))
    const results = await putAll(intake, contents)
    const expected = contents.map(data => ({
      digest: digestOf(data, algorithm),
      isNew: true,
      size: data.length,
    }))
    expect(results).toEqual(expected)
    const large = content(1_000_000)
    expect((await putLarge(intake, large)).digest.hex).toBe(digestOf(large, algorithm).hex)
    expect(existsSync(join(repository.path, 'objects'))).toBe(false)
  })

  test.each(named)('may be larger than a leaf, or as small as one: %s', async (_, algorithm) => {
    const repository = await newRepository({ algorithm, threads })
    const sizes = [0, 1, 4096, 4097, 262_143, 262_144, 262_145, 524_288, 524_289, 1_000_000]
    for (const size of sizes) {
      const data = content(size)
      const { digest, ...rest } = await putLarge(repository.intake, data)
      expect([digest.hex, rest]).toEqual([digestOf(data, algorithm).hex, { isNew: true, size }])
      expect(readFileSync(objectFile(repository, digest)).equals(data)).toBe(true)
      expect((await putLarge(repository.intake, data)).isNew).toBe(false)
      const { slots, hashing } = repository
      const counted = createDigestIntake({ algorithm, hashing, slots })
      expect((await putLarge(counted, data)).digest.equals(digest)).toBe(true)
    }
    expect(repository.hasUnsynced).toBe(true)
  })

  test('fail with the error of the repository', async () => {
    const repository = await newRepository({ threads })
    const data = content(10)
    const directory = dirname(objectFile(repository, digestOf(data, SHA512)))
    mkdirSync(dirname(directory))
    symlinkSync('/tmp', directory)
    const failure = await failureOf(() => putAll(repository.intake, [data]))
    expect(isRepositoryError(failure, 'ERR_REPOSITORY_BAD_DIRECTORY')).toBe(true)
    expect(failure).toMatchObject({
      name: 'RepositoryError',
      message: `${directory} is no directory of the repository`,
      facts: { path: directory },
    })
    expect(repository.hasUnsynced).toBe(false)
    // The slots are as good as before.
    expect((await putAll(repository.intake, [content(11)]))[0]?.isNew).toBe(true)
  })

  test('fail with the error of a system call', async () => {
    const repository = await newRepository({ threads })
    symlinkSync('objects', join(repository.path, 'objects'))
    const failure = await failureOf(() => putAll(repository.intake, [content(10)]))
    expect(isRepositoryError(failure, 'ERR_REPOSITORY_BAD_DIRECTORY')).toBe(true)
    rmSync(repository.path, { recursive: true })
    expect(await failureOf(() => putAll(repository.intake, [content(10)]))).toMatchObject({
      code: 'ENOENT',
      syscall: 'mkdir',
      errno: -2,
      path: join(repository.path, 'objects'),
    })
  })

  test('are dropped by the end of the repository', async () => {
    const repository = await newRepository({ threads })
    const lane = repository.intake.slots.lane({ onDone() {} })
    await lane.take()
    await repository.close()
    await expect(lane.take()).rejects.toThrow()
    await lane.abort()
  })
})

describe('a secure repository', () => {
  const newSecure = async () => {
    const path = join(temporaryDirectory(), 'repository')
    const system = new SimulatedSystem({ verity: true })
    await initRepository(path, { system, algorithm: SHA512 })
    const repository = await openRepository(path, { system })
    onTestFinished(() => repository.close())
    return { repository, system }
  }

  test('lets the kernel hash large contents', async () => {
    const { repository } = await newSecure()
    const { intake } = repository
    expect(intake.leafSize).toBe(0)
    const data = content(1_000_000)
    const put = () => {
      const large = intake.openLarge()
      for (let at = 0; at < data.length; at += 300_000) large.write(data.subarray(at, at + 300_000))
      return large.finish()
    }
    const expected = { digest: digestOf(data, SHA512), isNew: true, size: data.length }
    expect(put()).toEqual(expected)
    expect(put()).toEqual({ ...expected, isNew: false })
    repository.objects.open(expected.digest).close()
  })

  test('measures small ones', async () => {
    const { repository } = await newSecure()
    const contents = [0, 1, 5000].map(size => content(size))
    const results = await putAll(repository.intake, contents)
    for (const { digest } of results) repository.objects.open(digest).close()
  })
})

test('a content that was dropped leaves nothing', async () => {
  const repository = await newRepository()
  const large = repository.intake.openLarge()
  large.write(content(500))
  large.abort()
  large.abort()
  expect(readdirSync(join(repository.path, 'objects'))).toEqual([])
  expect(repository.hasUnsynced).toBe(false)
})

test('a content has as many leaves as bytes', async () => {
  const repository = await newRepository()
  const large = repository.intake.openLarge()
  large.write(content(500_000))
  expect(() => large.finish()).toThrow(TypeError)
})

test('nothing is stored without a lock', async () => {
  const { path } = await newRepository()
  const repository = await openRepository(path, { system: linuxSystem, lock: 'none' })
  onTestFinished(() => repository.close())
  expect(() => repository.intake.openLarge()).toThrow(TypeError)
  await expect(putAll(repository.intake, [content(1)])).rejects.toThrow(TypeError)
})
