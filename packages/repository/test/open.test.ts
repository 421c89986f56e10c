import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import {
  createMemoryObjectStore,
  initRepository,
  openRepository,
  readAlgorithm,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'
import { unpackRepository } from './unpack-repository.ts'

const system = new SimulatedSystem()

describe('openRepository', () => {
  test('refuses what is no repository', async () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'file'), '')
    const open = (name: string) => codeOf(() => openRepository(join(path, name), { system }))
    expect(await open('missing')).toBe('ERR_REPOSITORY_NOT_FOUND')
    expect(await open('file')).toBe('ERR_REPOSITORY_NOT_A_DIRECTORY')
    expect(await open('.')).toBe('ERR_REPOSITORY_NOT_INITIALIZED')
    expect(readAlgorithm(join(path, 'missing'))).toBeUndefined()
    expect(readAlgorithm(path)).toBeUndefined()
  })

  test('refuses a meta.json that is no plain file of reasonable size', async () => {
    const place = (make: (metadata: string) => void) => {
      const path = temporaryDirectory()
      make(join(path, 'meta.json'))
      return codeOf(() => openRepository(path, { system }))
    }
    expect(await place(file => symlinkSync('/etc/hostname', file))).toBe(
      'ERR_REPOSITORY_NOT_A_FILE',
    )
    expect(await place(file => mkdirSync(file))).toBe('ERR_REPOSITORY_NOT_A_FILE')
    expect(await place(file => writeFileSync(file, ' '.repeat(1_100_000)))).toBe(
      'ERR_REPOSITORY_BAD_METADATA',
    )
  })

  test('compares what is wanted with what is there', async () => {
    const path = temporaryDirectory()
    await initRepository(path, { system, insecure: true })
    const open = (options: object) => codeOf(() => openRepository(path, { system, ...options }))
    expect(await open({ algorithm: SHA512 })).toBe('ERR_REPOSITORY_ALGORITHM_MISMATCH')
    expect(await open({ algorithm: SHA256 })).toBeUndefined()
    expect(await open({ requireVerity: true })).toBe('ERR_REPOSITORY_INSECURE')
    await using repository = await openRepository(path, { system, erofsVersion: 2 })
    expect(repository.erofsVersions).toEqual({ default: 2, extra: [] })
  })

  test('a secure one may be treated as insecure', async () => {
    const path = temporaryDirectory()
    const verity = new SimulatedSystem({ verity: true })
    await initRepository(path, { system: verity })
    const wanted = { system: verity, insecure: true, requireVerity: true }
    expect(await codeOf(() => openRepository(path, wanted))).toBe('ERR_REPOSITORY_INSECURE')
    await using repository = await openRepository(path, { system: verity, insecure: true })
    expect(repository.secure).toBe(false)
  })

  test('with unknown features for writers: reading yes, every write no', async () => {
    const path = temporaryDirectory()
    const text = `{"version":1,"algorithm":"fsverity-sha256-12","features":{"read-only-compatible":["v1_erofs","future"]}}`
    writeFileSync(join(path, 'meta.json'), text)
    await using repository = await openRepository(path, { system })
    const { objects, streams, images } = repository
    expect([...streams.list(), ...images.refs()]).toEqual([])
    const { digest } = createMemoryObjectStore(SHA256).put(new Uint8Array(9))
    const writes: (() => unknown)[] = [
      () => objects.put(new Uint8Array(9)),
      () => objects.create(),
      () => streams.link('id', digest),
      () => streams.setRef('name', 'id'),
      () => streams.removeRef('name'),
      () => images.putBytes(new Uint8Array(9)),
      () => images.link(digest),
      () => images.setRef('name', digest),
      () => images.removeRef('name'),
      () => openRepository(path, { system, mode: 'write' }),
    ]
    for (const write of writes) {
      expect(await codeOf(write)).toBe('ERR_REPOSITORY_UNSUPPORTED_FEATURE')
    }
    expect(readdirSync(path)).toEqual(['meta.json'])
  })
})

describe('a repository without meta.json', () => {
  test('opens in memory for readers, who leave it as it is', async () => {
    const path = unpackRepository('legacy-old-headers')
    const before = readdirSync(path)
    await using repository = await openRepository(path, { system })
    expect(repository.isLegacy).toBe(true)
    expect(repository.algorithm).toBe(SHA256)
    expect(repository.erofsVersions).toEqual({ default: 2, extra: [] })
    expect(readdirSync(path)).toEqual(before)
    expect(readAlgorithm(path)).toBe(SHA256)
    expect(await codeOf(() => repository.objects.put(new Uint8Array(1)))).toBe(
      'ERR_REPOSITORY_LEGACY',
    )
  })

  test.each([
    ['opening for writing', false],
    ['init with ensure', true],
  ])('%s makes it one of format V2', async (_, init) => {
    const path = unpackRepository('legacy-old-headers')
    if (init) {
      const result = await initRepository(path, { system, ensure: true })
      expect(result).toMatchObject({ status: 'upgraded', secure: false })
    }
    await using repository = await openRepository(path, { system, mode: 'write' })
    expect(repository.isLegacy).toBe(false)
    expect(JSON.parse(readFileSync(join(path, 'meta.json'), 'utf8'))).toEqual({
      version: 1,
      algorithm: 'fsverity-sha256-12',
      features: { compatible: [], 'read-only-compatible': [], incompatible: [] },
      erofs_formats: { default: 2 },
    })
    expect(repository.objects.put(new Uint8Array(1000)).isNew).toBe(true)
  })

  test('is secure when its objects have fs-verity', async () => {
    const path = unpackRepository('legacy-old-headers')
    const verity = new SimulatedSystem({ verity: true })
    for (const name of readdirSync(join(path, 'objects'), { recursive: true, encoding: 'utf8' })) {
      if (!name.includes('/')) continue
      const file = openSync(join(path, 'objects', name), 'r')
      verity.enableVerity(file, SHA256)
      closeSync(file)
    }
    await using reader = await openRepository(path, { system: verity })
    expect(reader.secure).toBe(true)
    await using writer = await openRepository(path, { system: verity, mode: 'write' })
    expect(writer.secure).toBe(true)
  })

  test('is refused without upgrade, unwritable or of another algorithm, and stays', async () => {
    const path = unpackRepository('legacy-old-headers')
    const open = (options: object) =>
      codeOf(() => openRepository(path, { system, mode: 'write', ...options }))
    expect(await open({ upgrade: false })).toBe('ERR_REPOSITORY_LEGACY')
    expect(await open({ algorithm: SHA512 })).toBe('ERR_REPOSITORY_ALGORITHM_MISMATCH')
    expect(await open({ system: new SimulatedSystem({ isReadOnly: true }) })).toBe(
      'ERR_REPOSITORY_READ_ONLY',
    )
    expect(existsSync(join(path, 'meta.json'))).toBe(false)
  })

  test('and without an object says nothing of itself', async () => {
    const path = temporaryDirectory()
    mkdirSync(join(path, 'objects', 'ab'), { recursive: true })
    writeFileSync(join(path, 'objects', 'ab', 'short'), '')
    writeFileSync(join(path, 'objects', '.tmp-object-abcdefghijkl'), '')
    expect(await codeOf(() => openRepository(path, { system }))).toBe('ERR_REPOSITORY_LEGACY_EMPTY')
  })
})
