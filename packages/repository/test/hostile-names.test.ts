import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { showUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkRepository,
  collectGarbage,
  explainObject,
  findDependents,
  initRepository,
  openRepository,
  publish,
  type Repository,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'

const system = linuxSystem

async function newRepository(): Promise<Repository> {
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, insecure: true })
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

const digestOf = (byte: number) =>
  Digest.fromHex(byte.toString(16).padStart(2, '0').repeat(32), SHA256) as Digest

/** Streams that refer to each other in a circle: only with objects that are not what their names say. */
async function circle(repository: Repository, length: number): Promise<readonly Digest[]> {
  const { streams, layout } = repository
  const ids = Array.from({ length }, (_, at) => digestOf(at + 1))
  for (const [at, id] of ids.entries()) {
    const writer = streams.createWriter('anything')
    writer.addNamedReference('next', ids[(at + 1) % length] ?? id)
    writer.addNamedReference('itself', id)
    mkdirSync(dirname(layout.object(id)), { recursive: true })
    writeFileSync(layout.object(id), await writer.finish())
    streams.link(`stream-${at}`, id)
  }
  return ids
}

describe('streams that refer to each other in a circle', () => {
  test('are live while a ref leads to one of them', async () => {
    const repository = await newRepository()
    const ids = await circle(repository, 50)
    publish(repository, [{ kind: 'stream-ref', name: 'root', id: 'stream-7' }])
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 0, streamsPruned: 0 })
    const [, second] = ids
    if (second === undefined) throw new Error('the circle is too small')
    const found = await explainObject(repository, second)
    expect(found.map(({ root }) => root.name)).toEqual(['root'])
    expect(found[0]?.path.length).toBeGreaterThan(40)
    expect((await findDependents(repository, [second])).get(second.hex)).toHaveLength(1)
  })

  test('are garbage when none does', async () => {
    const repository = await newRepository()
    await circle(repository, 50)
    repository.sync()
    const { objectsRemoved, streamsPruned } = await collectGarbage(repository)
    expect({ objectsRemoved, streamsPruned }).toEqual({ objectsRemoved: 50, streamsPruned: 50 })
  })

  test('are what a check finds, since no content is its own digest', async () => {
    const repository = await newRepository()
    await circle(repository, 5)
    expect(await checkRepository(repository)).toMatchObject({ ok: false, objectsCorrupted: 5 })
  })
})

describe('refs', () => {
  test('as deep as a path can be are read, checked and removed', async () => {
    const repository = await newRepository()
    const { streams, path } = repository
    const id = await streams.store(streams.createWriter('anything'))
    publish(repository, [{ kind: 'stream', id: 'one', digest: id }])
    const name = `${'d/'.repeat(1000)}ref`
    streams.setRef(name, 'one')
    expect([...streams.refs()]).toEqual([{ name, target: 'one' }])
    expect((await checkRepository(repository)).ok).toBe(true)
    expect(await collectGarbage(repository)).toMatchObject({ rootCount: 1, objectsRemoved: 0 })
    expect(streams.removeRef(name)).toBe(true)
    rmSync(join(path, 'streams/refs/d'), { recursive: true })
  })

  test('with names that are not UTF-8 are found by a check, and stop garbage collection', async () => {
    const repository = await newRepository()
    const { path } = repository
    mkdirSync(join(path, 'streams/refs'), { recursive: true })
    symlinkSync('../x', Buffer.concat([Buffer.from(`${path}/streams/refs/`), Buffer.of(0xff)]))
    const { findings } = await checkRepository(repository)
    expect(findings).toMatchObject([
      { kind: 'broken-symlink', path: `streams/refs/${showUtf8(Buffer.of(0xff))}` },
    ])
    expect(await codeOf(() => collectGarbage(repository))).toBe('ERR_REPOSITORY_GC_REFUSED')
  })
})
