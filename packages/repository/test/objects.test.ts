import {
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Algorithm, Digest, fsverityDigest, SHA256, SHA512 } from '@composefs/fsverity'
import fc from 'fast-check'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  createCountingObjectStore,
  createMemoryObjectStore,
  initRepository,
  type ObjectStore,
  type OpenOptions,
  openRepository,
  type Repository,
  type System,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

const bytes = (size: number, seed = 1) => {
  const content = new Uint8Array(size)
  for (let i = 0; i < size; i++) content[i] = (i * 31 + seed + (i >> 8)) & 0xff
  return content
}

async function newRepository(
  system: System,
  options: { secure?: boolean; algorithm?: Algorithm; open?: Partial<OpenOptions> } = {},
): Promise<Repository> {
  const { secure = false, algorithm = SHA256 } = options
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, algorithm, insecure: !secure })
  const repository = await openRepository(path, { system, ...options.open })
  onTestFinished(() => repository.close())
  return repository
}

const objectFile = (repository: Repository, id: Digest) =>
  join(repository.path, 'objects', id.objectPath)

/** Every file below objects/, stray ones too. */
const objectFiles = (repository: Repository) =>
  readdirSync(join(repository.path, 'objects'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => entry.name)

const modes = [
  ['insecure', false],
  ['secure', true],
] as const

describe.each(modes)('objects of a repository that is %s', (_, secure) => {
  const newSystem = () => new SimulatedSystem({ verity: secure })

  test.each([0, 1, 64, 65, 4096, 4097, 600_000])('of %i bytes come back', async size => {
    const { objects } = await newRepository(newSystem(), { secure })
    const content = bytes(size)
    const put = objects.put(content)
    expect(put).toEqual({
      digest: fsverityDigest(content, { algorithm: SHA256 }),
      isNew: true,
      size,
    })
    expect(objects.has(put.digest)).toBe(true)
    expect(Buffer.from(objects.read(put.digest)).equals(content)).toBe(true)
    expect(Buffer.concat([...objects.chunks(put.digest)]).equals(content)).toBe(true)
    expect(objects.put(content)).toEqual({ ...put, isNew: false })
  })

  test('are the same whether they come at once or in pieces', async () => {
    const repository = await newRepository(newSystem(), { secure, algorithm: SHA512 })
    const { objects } = repository
    const content = bytes(1_000_000)
    const writer = objects.create()
    for (let at = 0; at < content.length; at += 7777) writer.write(content.subarray(at, at + 7777))
    const expected = fsverityDigest(content, { algorithm: SHA512 })
    expect(writer.finish()).toEqual({ digest: expected, isNew: true, size: content.length })
    expect(objects.put(content).isNew).toBe(false)
    expect(objectFiles(repository)).toEqual([expected.hex.slice(2)])
  })

  test('an object that a crash cut short is healed by storing it again', async () => {
    const repository = await newRepository(newSystem(), { secure })
    const { digest } = repository.objects.put(bytes(5000))
    const path = objectFile(repository, digest)
    rmSync(path)
    writeFileSync(path, bytes(100))
    expect(repository.objects.put(bytes(5000)).isNew).toBe(true)
    expect(Buffer.from(repository.objects.read(digest)).equals(bytes(5000))).toBe(true)
    expect(objectFiles(repository)).toHaveLength(1)
  })

  test('two writers of one object both succeed', async () => {
    const repository = await newRepository(newSystem(), { secure })
    const writers = [repository.objects.create(), repository.objects.create()]
    for (const writer of writers) writer.write(bytes(70_000))
    const results = writers.map(writer => writer.finish())
    expect(results.map(result => result.isNew)).toEqual([true, false])
    expect(results[0]?.digest).toEqual(results[1]?.digest)
    expect(objectFiles(repository)).toHaveLength(1)
  })

  test('an aborted writer leaves nothing', async () => {
    const repository = await newRepository(newSystem(), { secure })
    const writer = repository.objects.create()
    writer.write(bytes(10_000))
    writer.abort()
    writer.abort()
    expect(objectFiles(repository)).toEqual([])
    expect(() => writer.write(bytes(1))).toThrow(TypeError)
    expect(() => writer.finish()).toThrow(TypeError)
  })

  test('a symlink, a directory and nothing in the place of an object are no objects', async () => {
    const { objects, path } = await newRepository(newSystem(), { secure })
    const at = (hex: string) => {
      const digest = Digest.fromHex(hex.repeat(32)) as Digest
      mkdirSync(join(path, 'objects', hex), { recursive: true })
      return { digest, file: join(path, 'objects', digest.objectPath) }
    }
    const [link, directory, nothing] = [at('aa'), at('bb'), at('cc')]
    symlinkSync('/etc/passwd', link.file)
    mkdirSync(directory.file)
    for (const { digest } of [link, directory, nothing]) expect(objects.has(digest)).toBe(false)
    expect(await codeOf(() => objects.open(link.digest))).toBe('ERR_REPOSITORY_NOT_A_FILE')
    expect(await codeOf(() => objects.open(directory.digest))).toBe('ERR_REPOSITORY_NOT_A_FILE')
    expect(await codeOf(() => objects.open(nothing.digest))).toBe('ERR_REPOSITORY_OBJECT_NOT_FOUND')
  })

  test('a limit is kept and a range outside is refused', async () => {
    const { objects } = await newRepository(newSystem(), { secure })
    const { digest } = objects.put(bytes(1000))
    expect(objects.read(digest, { maxSize: 1000 })).toHaveLength(1000)
    expect(await codeOf(() => objects.read(digest, { maxSize: 999 }))).toBe(
      'ERR_REPOSITORY_OBJECT_TOO_LARGE',
    )
    const object = objects.open(digest)
    expect([...object.read(998, 2)]).toEqual([...bytes(1000).subarray(998)])
    expect(() => object.read(999, 2)).toThrow(RangeError)
    object.close()
    object.close()
  })
})

describe('a secure repository', () => {
  test('refuses an object without fs-verity, and heals it when it is stored again', async () => {
    const system = new SimulatedSystem({ verity: true })
    const repository = await newRepository(system, { secure: true })
    const { digest } = repository.objects.put(bytes(5000))
    system.loseVerity(objectFile(repository, digest))
    const open = () => repository.objects.open(digest)
    expect(await codeOf(open)).toBe('ERR_REPOSITORY_VERITY_MISSING')
    expect(repository.objects.put(bytes(5000)).isNew).toBe(true)
    expect(await codeOf(open)).toBeUndefined()
  })

  test('refuses content under another name', async () => {
    const system = new SimulatedSystem({ verity: true })
    const repository = await newRepository(system, { secure: true })
    const [good, other] = [bytes(5000), bytes(5000, 2)].map(content =>
      repository.objects.put(content),
    )
    if (good === undefined || other === undefined) throw new Error('two objects were put')
    const path = objectFile(repository, good.digest)
    rmSync(path)
    linkSync(objectFile(repository, other.digest), path)
    expect(await codeOf(() => repository.objects.open(good.digest))).toBe(
      'ERR_REPOSITORY_DIGEST_MISMATCH',
    )
    expect(repository.objects.put(bytes(5000)).isNew).toBe(true)
    expect(Buffer.from(repository.objects.read(good.digest)).equals(bytes(5000))).toBe(true)
  })

  test.each([
    [2, undefined],
    [3, undefined],
    [5, undefined],
    [6, 'ERR_REPOSITORY_VERITY_BUSY'],
  ])('a file that is busy %i times: %s', async (busy, code) => {
    const path = join(temporaryDirectory(), 'repository')
    await initRepository(path, { system: new SimulatedSystem(), insecure: true })
    const system = new SimulatedSystem({ verity: true, busy })
    await using repository = await openRepository(path, { system })
    const { objects } = repository
    expect(await codeOf(() => objects.put(bytes(3000)))).toBe(code)
    expect(objectFiles(repository)).toHaveLength(code === undefined ? 1 : 0)
  })

  test.each([
    ['unsupported', 'the file system, or the kernel, has no fs-verity'],
    ['unfit', 'the file system has fs-verity, but not with sha256 and blocks of 4096 bytes'],
  ] as const)('where fs-verity is %s stores nothing and says why', async (state, reason) => {
    const system = new SimulatedSystem({ verity: true })
    const repository = await newRepository(system, { secure: true })
    system.enableVerity = () => state
    const put = () => repository.objects.put(bytes(100))
    expect(put).toThrow(reason)
    expect(await codeOf(put)).toBe('ERR_REPOSITORY_VERITY_UNSUPPORTED')
    expect(objectFiles(repository)).toEqual([])
    const init = () => initRepository(`${repository.path}-2`, { system })
    await expect(init()).rejects.toThrow(/^the file system of .* has/)
    expect(existsSync(`${repository.path}-2`)).toBe(false)
  })

  test('that is treated as insecure accepts what has no fs-verity', async () => {
    const system = new SimulatedSystem({ verity: true })
    const secure = await newRepository(system, { secure: true })
    const { digest } = secure.objects.put(bytes(5000))
    system.loseVerity(objectFile(secure, digest))
    await using insecure = await openRepository(secure.path, { system, insecure: true })
    expect(insecure.secure).toBe(false)
    expect(insecure.objects.read(digest)).toHaveLength(5000)
  })
})

describe('an insecure repository', () => {
  test.each(['unsupported', 'unfit'] as const)('does without fs-verity that is %s', async state => {
    const system = new SimulatedSystem({ verity: true })
    const { objects } = await newRepository(system)
    let tries = 0
    system.enableVerity = () => {
      tries++
      return state
    }
    const { digest } = objects.put(bytes(100))
    objects.put(bytes(200))
    expect(objects.put(bytes(100)).isNew).toBe(false)
    expect(objects.read(digest)).toHaveLength(100)
    expect(tries).toBe(1)
  })

  test('hands out changed content of the right size, unless it is to verify', async () => {
    const system = new SimulatedSystem()
    const plain = await newRepository(system)
    const { digest } = plain.objects.put(bytes(5000))
    const path = objectFile(plain, digest)
    writeFileSync(path, bytes(5000, 9))
    expect(plain.objects.put(bytes(5000)).isNew).toBe(false)
    expect(plain.objects.read(digest)).toHaveLength(5000)
    await using strict = await openRepository(plain.path, { system, verify: true })
    expect(await codeOf(() => strict.objects.open(digest))).toBe('ERR_REPOSITORY_DIGEST_MISMATCH')
    expect(strict.objects.put(bytes(5000)).isNew).toBe(true)
    expect(Buffer.from(strict.objects.read(digest)).equals(bytes(5000))).toBe(true)
  })

  test('gives objects fs-verity where the file system has it', async () => {
    const path = join(temporaryDirectory(), 'repository')
    await initRepository(path, { system: new SimulatedSystem(), insecure: true })
    const before = await openRepository(path, { system: new SimulatedSystem() })
    const { digest } = before.objects.put(bytes(5000))
    await before.close()
    const system = new SimulatedSystem({ verity: true })
    await using repository = await openRepository(path, { system })
    expect(repository.secure).toBe(false)
    // The object from before has none: it gets it when it is stored again, and is checked by it.
    writeFileSync(objectFile(repository, digest), bytes(5000, 7))
    expect(repository.objects.put(bytes(5000)).isNew).toBe(true)
    const measured = system.measureVerity(repository.objects.open(digest).file, SHA256)
    expect(measured).toEqual({ state: 'enabled', digest: digest.bytes })
  })
})

describe('modes of new files', () => {
  const umask = process.umask()
  afterEach(() => void process.umask(umask))

  test.each([
    [0o022, 0o755, 0o644],
    [0o077, 0o700, 0o600],
  ])('with umask %o', async (mask, directoryMode, fileMode) => {
    process.umask(mask)
    const repository = await newRepository(new SimulatedSystem())
    const { digest } = repository.objects.put(bytes(100))
    const mode = (path: string) => lstatSync(join(repository.path, path)).mode & 0o7777
    expect(mode('.')).toBe(0o700)
    expect(mode('objects')).toBe(directoryMode)
    expect(mode(`objects/${digest.hex.slice(0, 2)}`)).toBe(directoryMode)
    expect(mode(`objects/${digest.objectPath}`)).toBe(fileMode)
    expect(mode('meta.json')).toBe(fileMode)
  })
})

describe('failures', () => {
  test('of a write leave no file', async () => {
    const system = new SimulatedSystem()
    const repository = await newRepository(system)
    repository.objects.put(bytes(1))
    system.renameNoReplace = () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    expect(await codeOf(() => repository.objects.put(bytes(100)))).toBe('EIO')
    expect(objectFiles(repository)).toHaveLength(1)
  })

  test('of a full file system tell where it is', async () => {
    class FullSystem extends SimulatedSystem {
      override createUnnamed() {
        return openSync('/dev/full', constants.O_RDWR)
      }
    }
    const repository = await newRepository(new SimulatedSystem(), {
      open: { system: new FullSystem() },
    })
    expect(() => repository.objects.put(bytes(100))).toThrow(
      expect.objectContaining({ code: 'ENOSPC', path: join(repository.path, 'objects') }),
    )
  })

  test('a repository that is mounted read-only refuses to store', async () => {
    const path = join(temporaryDirectory(), 'repository')
    await initRepository(path, { system: new SimulatedSystem(), insecure: true })
    await using repository = await openRepository(path, {
      system: new SimulatedSystem({ isReadOnly: true }),
    })
    expect(await codeOf(() => repository.objects.put(bytes(100)))).toBe('ERR_REPOSITORY_READ_ONLY')
    expect(await codeOf(() => repository.objects.create())).toBe('ERR_REPOSITORY_READ_ONLY')
    expect(readdirSync(path)).toEqual(['meta.json'])
  })
})

describe('stores without files', () => {
  const stores: [string, (algorithm: Algorithm) => ObjectStore][] = [
    ['memory', createMemoryObjectStore],
    ['counting', createCountingObjectStore],
  ]

  test.each(stores)('%s: the ids are those of the content', (_, create) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), fc.nat(), (content, cut) => {
        const expected = fsverityDigest(content, { algorithm: SHA512 })
        const store = create(SHA512)
        const writer = store.create()
        const at = cut % (content.length + 1)
        writer.write(content.subarray(0, at))
        writer.write(content.subarray(at))
        expect(writer.finish().digest.equals(expected)).toBe(true)
        expect(store.put(content).digest.equals(expected)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['bytes', (content: Uint8Array) => content],
    // Its slice is a view.
    ['a Buffer', (content: Uint8Array) => Buffer.from(content)],
  ])('memory keeps its own copy of %s', async (_, from) => {
    const store = createMemoryObjectStore(SHA256)
    const content = from(bytes(300))
    const { digest } = store.put(content)
    const writer = store.create()
    writer.write(content)
    content.fill(0)
    expect(writer.finish()).toMatchObject({ isNew: false })
    expect([...store.read(digest)]).toEqual([...bytes(300)])
    expect(store.put(bytes(300)).isNew).toBe(false)
    expect([...store.open(digest).read(10, 5)]).toEqual([...bytes(300).subarray(10, 15)])
    expect([...store.chunks(digest)]).toEqual([bytes(300)])
    const missing = fsverityDigest(bytes(1), { algorithm: SHA256 })
    expect(await codeOf(() => store.read(missing))).toBe('ERR_REPOSITORY_OBJECT_NOT_FOUND')
  })

  test('counting keeps numbers', () => {
    const store = createCountingObjectStore(SHA256)
    store.put(bytes(300))
    const { digest } = store.put(bytes(20))
    expect([store.count, store.bytes, store.has(digest)]).toEqual([2, 320, false])
  })
})
