import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import { type InitOptions, initRepository, openRepository, readAlgorithm } from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

const V1_SHA512 = `{
  "version": 1,
  "algorithm": "fsverity-sha512-12",
  "features": {
    "compatible": [],
    "read-only-compatible": [
      "v1_erofs"
    ],
    "incompatible": []
  },
  "erofs_formats": {
    "default": 1
  }
}
`

const newSystem = () => new SimulatedSystem({ verity: true })
const textOf = (path: string) => readFileSync(join(path, 'meta.json'), 'utf8')

describe('a new repository', () => {
  test('is meta.json alone, in directories that are made', async () => {
    const path = join(temporaryDirectory(), 'a', 'b')
    const system = newSystem()
    const result = await initRepository(path, { system, algorithm: SHA512 })
    expect(result).toMatchObject({ status: 'created', secure: true })
    expect(textOf(path)).toBe(V1_SHA512)
    expect(readdirSync(path)).toEqual(['meta.json'])
    expect(lstatSync(path).mode & 0o777).toBe(0o700)
    expect(readAlgorithm(path)).toBe(SHA512)
    await using repository = await openRepository(path, { system, requireVerity: true })
    expect(repository.secure).toBe(true)
    expect(repository.erofsVersions).toEqual({ default: 1, extra: [] })
  })

  test('may be in a directory with other things, which keep their mode', async () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'notes'), '')
    mkdirSync(join(path, 'objects'), { mode: 0o750 })
    const result = await initRepository(path, { system: newSystem() })
    expect(result.status).toBe('created')
    expect(readdirSync(path)).toEqual(['meta.json', 'notes', 'objects'])
  })

  test.each([
    ['of another algorithm', { algorithm: SHA512 }, 'ERR_REPOSITORY_CONFLICT'],
    ['of another format', { erofsVersion: 2 }, 'ERR_REPOSITORY_CONFLICT'],
    ['with another format beside', { extraErofsVersions: [2] }, 'ERR_REPOSITORY_CONFLICT'],
    ['without fs-verity', { insecure: true }, 'ERR_REPOSITORY_CONFLICT'],
  ] as [string, Partial<InitOptions>, string][])(
    'on top of one %s is refused',
    async (_, options, code) => {
      const path = temporaryDirectory()
      const system = newSystem()
      await initRepository(path, { system, ...options })
      const before = textOf(path)
      expect(await codeOf(() => initRepository(path, { system }))).toBe(code)
      expect(textOf(path)).toBe(before)
      const again = await initRepository(path, { system, ...options })
      expect(again).toMatchObject({ status: 'already', secure: options.insecure !== true })
    },
  )

  test('secure on top of an equal insecure one is refused, and the other way round', async () => {
    const system = newSystem()
    for (const insecure of [true, false]) {
      const path = temporaryDirectory()
      await initRepository(path, { system, insecure })
      expect(await codeOf(() => initRepository(path, { system, insecure: !insecure }))).toBe(
        'ERR_REPOSITORY_CONFLICT',
      )
    }
  })

  test('that cannot be secure leaves no directory', async () => {
    const path = temporaryDirectory()
    const system = new SimulatedSystem()
    const init = () => initRepository(join(path, 'a', 'b', 'c'), { system })
    expect(await codeOf(init)).toBe('ERR_REPOSITORY_VERITY_UNSUPPORTED')
    expect(readdirSync(path)).toEqual([])
    mkdirSync(join(path, 'a'))
    expect(await codeOf(init)).toBe('ERR_REPOSITORY_VERITY_UNSUPPORTED')
    expect(readdirSync(path, { recursive: true })).toEqual(['a'])
  })

  test('is not made where a file is', async () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'content')
    symlinkSync('nowhere', `${path}-link`)
    const system = newSystem()
    for (const place of [path, join(path, 'below'), `${path}-link`]) {
      expect(await codeOf(() => initRepository(place, { system }))).toBe(
        'ERR_REPOSITORY_NOT_A_DIRECTORY',
      )
    }
    expect(readFileSync(path, 'utf8')).toBe('content')
  })

  test('is not made where nothing can be written', async () => {
    const path = join(temporaryDirectory(), 'a')
    const system = new SimulatedSystem({ verity: true, isReadOnly: true })
    expect(await codeOf(() => initRepository(path, { system }))).toBe('ERR_REPOSITORY_READ_ONLY')
    expect(existsSync(path)).toBe(false)
  })
})

describe('init with ensure', () => {
  test('takes what is there, whatever its format', async () => {
    const path = temporaryDirectory()
    const system = newSystem()
    await initRepository(path, { system, algorithm: SHA512, erofsVersion: 2, insecure: true })
    const ensured = await initRepository(path, { system, ensure: true })
    expect(ensured).toMatchObject({ status: 'opened', secure: false })
    expect(ensured.metadata.erofsFormats?.default).toBe(2)
    const other = () => initRepository(path, { system, ensure: true, algorithm: SHA256 })
    expect(await codeOf(other)).toBe('ERR_REPOSITORY_ALGORITHM_MISMATCH')
  })

  test('makes what is missing', async () => {
    const path = join(temporaryDirectory(), 'new')
    const result = await initRepository(path, { system: newSystem(), ensure: true })
    expect(result.status).toBe('created')
  })
})

describe('init with a reset', () => {
  test('removes names and keeps objects', async () => {
    const path = temporaryDirectory()
    const system = newSystem()
    await initRepository(path, { system, insecure: true })
    const before = await openRepository(path, { system })
    const { digest } = before.objects.put(new Uint8Array(100))
    before.images.link(digest)
    before.images.setRef('name', digest)
    await before.close()
    const result = await initRepository(path, { system, resetMetadata: true, erofsVersion: 2 })
    expect(result).toMatchObject({ status: 'created', secure: true })
    expect(readdirSync(path)).toEqual(['meta.json', 'objects'])
    await using after = await openRepository(path, { system, insecure: true })
    expect(after.objects.has(digest)).toBe(true)
  })

  test('that cannot be finished removes nothing', async () => {
    const path = temporaryDirectory()
    const system = new SimulatedSystem()
    await initRepository(path, { system, insecure: true })
    mkdirSync(join(path, 'streams'))
    expect(await codeOf(() => initRepository(path, { system, resetMetadata: true }))).toBe(
      'ERR_REPOSITORY_VERITY_UNSUPPORTED',
    )
    expect(readdirSync(path)).toEqual(['meta.json', 'streams'])
  })

  test('does not follow a symlink in the place of streams/', async () => {
    const outside = temporaryDirectory()
    writeFileSync(join(outside, 'kept'), '')
    const path = temporaryDirectory()
    symlinkSync(outside, join(path, 'streams'))
    await initRepository(path, { system: newSystem(), resetMetadata: true })
    expect(readdirSync(outside)).toEqual(['kept'])
    expect(readdirSync(path)).toEqual(['meta.json'])
  })
})
