import { execFile } from 'node:child_process'
import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Digest, fsverityDigest, SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import { initRepository, openRepository, publish, type Repository } from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'

const system = linuxSystem
const run = promisify(execFile)

async function newRepository(insecure = true): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, insecure })
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

const filesBelow = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => entry.name)

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Whether files of the temporary directory can have fs-verity: the kernel says so, or it does not. */
function hasVerity(): boolean {
  const path = join(tmpdir(), `composefs-verity-${process.pid}`)
  writeFileSync(path, '')
  const file = openSync(path, 'r')
  try {
    return system.measureVerity(file, SHA256).state !== 'unsupported'
  } finally {
    closeSync(file)
  }
}

describe('on the real kernel', () => {
  test('content comes back, and no descriptor or file is left', async () => {
    const repository = await newRepository()
    const { objects, path } = repository
    objects.put(Buffer.from('first'))
    const before = openDescriptors()
    const content = Buffer.alloc(300_000, 'content ')
    const { digest } = objects.put(content)
    expect(digest).toEqual(fsverityDigest(content, { algorithm: SHA256 }))
    const writer = objects.create()
    writer.write(content)
    expect(writer.finish()).toMatchObject({ digest, isNew: false })
    const aborted = objects.create()
    aborted.write(content)
    aborted.abort()
    expect(Buffer.from(objects.read(digest)).equals(content)).toBe(true)
    for (const _ of objects.chunks(digest)) break
    expect(await codeOf(() => objects.open(absent()))).toBe('ERR_REPOSITORY_OBJECT_NOT_FOUND')
    expect(openDescriptors()).toBe(before)
    expect(filesBelow(join(path, 'objects'))).toHaveLength(2)
  })

  test('a cut object is replaced', async () => {
    const { objects, path } = await newRepository()
    const { digest } = objects.put(Buffer.alloc(5000, 1))
    const object = join(path, 'objects', digest.objectPath)
    // Where the file system has fs-verity the object has it too, and nobody can write to it.
    rmSync(object)
    writeFileSync(object, 'cut')
    expect(objects.put(Buffer.alloc(5000, 1)).isNew).toBe(true)
    expect(objects.read(digest)).toHaveLength(5000)
    expect(filesBelow(join(path, 'objects'))).toHaveLength(1)
  })

  test('a failed sync or link leaves no name and no file', async () => {
    const repository = await newRepository()
    const broken = {
      ...system,
      linkUnnamed(): never {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      },
    }
    await using other = await openRepository(repository.path, { system: broken })
    expect(await codeOf(() => other.objects.put(Buffer.alloc(100)))).toBe('ENOSPC')
    expect(filesBelow(repository.path)).toEqual(['meta.json'])
  })

  test('streams are stored, named and read back', async () => {
    const repository = await newRepository()
    const { objects, streams } = repository
    const big = Buffer.alloc(100_000, 'big')
    const writer = streams.createWriter('ocilayer')
    writer.writeInline(Buffer.from('head'))
    writer.writeExternal(objects.put(big).digest, big.length)
    writer.writeInline(Buffer.from('tail'))
    const stream = await streams.store(writer)
    publish(repository, [
      { kind: 'stream', id: 'layer', digest: stream },
      { kind: 'stream-ref', name: 'my/layer', id: 'layer' },
    ])
    for (const name of ['layer', 'refs/my/layer', stream]) {
      const pieces: Uint8Array[] = []
      for await (const piece of streams.cat(name)) pieces.push(piece)
      expect(
        Buffer.concat(pieces).equals(
          Buffer.concat([Buffer.from('head'), big, Buffer.from('tail')]),
        ),
      ).toBe(true)
    }
    expect([...streams.list()]).toEqual([{ id: 'layer', digest: stream }])
  })

  test('a splitstream too large to be held is read piece by piece, with no descriptor kept', async () => {
    const repository = await newRepository()
    const { streams } = repository
    const writer = streams.createWriter('ocilayer')
    // Does not compress.
    let state = 1
    const noise = Uint8Array.from({ length: 3_000_000 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return state >>> 16
    })
    writer.writeInline(noise)
    const stream = await streams.store(writer)
    expect(repository.objects.sizeOf(stream)).toBeGreaterThan(2_000_000)
    const before = openDescriptors()
    const reader = await streams.open(stream)
    expect(openDescriptors()).toBe(before)
    let size = 0
    for await (const chunk of reader.chunks())
      if (chunk.kind === 'inline') size += chunk.data.length
    expect(size).toBe(noise.length)
    expect(openDescriptors()).toBe(before)
  })

  test('processes that store the same objects at the same time all succeed', async () => {
    const { path } = await newRepository()
    const program = fileURLToPath(new URL('write-objects.ts', import.meta.url))
    const start = () =>
      run(process.execPath, ['--conditions=composefs-source', program, path, '200'])
    const results = await Promise.all([start(), start(), start()])
    const created = results.map(result => Number(result.stdout))
    expect(created.reduce((sum, count) => sum + count, 0)).toBe(200)
    expect(filesBelow(join(path, 'objects'))).toHaveLength(200)
  })

  test('the lock and the directory are given back when opening fails', async () => {
    const repository = await newRepository()
    const before = openDescriptors()
    const open = () => openRepository(repository.path, { system, requireVerity: true })
    expect(await codeOf(open)).toBe('ERR_REPOSITORY_INSECURE')
    expect(openDescriptors()).toBe(before)
    await repository.changeLock({ mode: 'exclusive', timeoutSeconds: 0 })
  })
})

describe.skipIf(hasVerity())('without fs-verity in the temporary directory', () => {
  test('a secure repository cannot be made, and nothing is left of the try', async () => {
    const path = temporaryDirectory()
    const init = () => initRepository(join(path, 'a', 'b'), { system })
    expect(await codeOf(init)).toBe('ERR_REPOSITORY_VERITY_UNSUPPORTED')
    expect(readdirSync(path)).toEqual([])
  })
})

describe.skipIf(!hasVerity())(
  'secure repositories (needs fs-verity in the temporary directory)',
  () => {
    test('have fs-verity on every file, and refuse what has none', async () => {
      const repository = await newRepository(false)
      expect(repository.secure).toBe(true)
      const { digest } = repository.objects.put(Buffer.alloc(70_000, 1))
      const object = repository.objects.open(digest)
      expect(system.measureVerity(object.file, SHA256)).toMatchObject({ state: 'enabled' })
      object.close()
      const writer = repository.objects.create()
      writer.write(Buffer.alloc(70_000, 2))
      expect(writer.finish().digest).toEqual(
        fsverityDigest(Buffer.alloc(70_000, 2), { algorithm: SHA256 }),
      )
    })
  },
)

function absent(): Digest {
  return Digest.fromHex('ab'.repeat(32), SHA256) as Digest
}
