import { existsSync, lstatSync, lutimesSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FaultPlan, injectFileSystemFaults } from '@composefs/linux/faults'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  checkRepository,
  collectGarbage,
  type FileDescriptor,
  openRepository,
  type Repository,
} from '../../src/index.ts'
import { addImage, addStream, newRepository } from '../reach/small-repository.ts'
import { SimulatedSystem } from '../simulated-system.ts'
import { linksOf, objectsOf } from './contents.ts'

/** A system on which others do something between the shared lock and the exclusive one. */
class BusySystem extends SimulatedSystem {
  meanwhile: () => void = () => {}
  /** Locks in the order in which they were taken. */
  readonly locks: string[] = []

  override tryLock(_file?: FileDescriptor, mode: 'shared' | 'exclusive' = 'shared'): boolean {
    this.locks.push(mode)
    if (mode === 'exclusive') {
      this.meanwhile()
      this.meanwhile = () => {}
    }
    return super.tryLock()
  }
}

async function busyRepository() {
  const system = new BusySystem()
  const repository = await newRepository(system)
  const file = repository.put('a file')
  const layer = await addStream(repository, 'layer', { objects: [file] })
  repository.sync()
  // Somebody else who has it open.
  const other = await openRepository(repository.path, { system: new SimulatedSystem() })
  onTestFinished(() => other.close())
  return { system, repository, file, layer, other }
}

describe('what others do before the exclusive lock is taken', () => {
  test('a name for what was garbage keeps it, and what it needs', async () => {
    const { other, repository, system } = await busyRepository()
    system.meanwhile = () => other.streams.setRef('new', 'layer')
    expect(await collectGarbage(repository, { countKept: true })).toMatchObject({
      objectsRemoved: 0,
      streamsPruned: 0,
      rootCount: 1,
      objectsKept: 2,
      bytesKept: expect.any(Number),
    })
    expect((await checkRepository(repository)).ok).toBe(true)
  })

  test('a name for an image', async () => {
    const { other, repository, system } = await busyRepository()
    const file = repository.put('of the image')
    const image = addImage(repository, [file])
    repository.sync()
    system.meanwhile = () => other.images.setRef('new', image)
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 2, streamsPruned: 1 })
    expect(repository.objects.has(file)).toBe(true)
    expect(repository.objects.has(image)).toBe(true)
  })

  test('an entry for a stream that was needed without one: now it is opened', async () => {
    const { file, layer, other, repository, system } = await busyRepository()
    await addStream(repository, 'manifest', { named: { layer } })
    repository.streams.setRef('app', 'manifest')
    const late = await addStream(repository, 'late', {
      objects: [repository.put('of the late one')],
    })
    await addStream(repository, 'names-late', { named: { late } })
    repository.streams.setRef('second', 'names-late')
    repository.sync()
    unlinkSync(repository.layout.stream('late'))
    system.meanwhile = () => other.streams.link('late', late)
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 0 })
    expect(repository.objects.has(file)).toBe(true)
  })

  test('a name that leads nowhere stops it, with nothing removed', async () => {
    const { repository, system } = await busyRepository()
    const before = objectsOf(repository.path)
    system.meanwhile = () => symlinkSync('../nowhere', join(repository.layout.streamRefs))
    await expect(collectGarbage(repository)).rejects.toMatchObject({
      code: 'ERR_REPOSITORY_GC_REFUSED',
      facts: { broken: [{ path: 'streams/refs' }] },
    })
    expect(objectsOf(repository.path)).toEqual(before)
    expect(repository.lock).toBe('shared')
  })

  test('a good name in the place of a broken one is not removed with it', async () => {
    const { other, repository, system } = await busyRepository()
    repository.streams.setRef('app', 'layer')
    const path = join(repository.layout.streamRefs, 'app')
    unlinkSync(path)
    symlinkSync('../nowhere', path)
    system.meanwhile = () => other.streams.setRef('app', 'layer')
    const ignoreBroken = ['streams/refs/app']
    expect(await collectGarbage(repository, { ignoreBroken })).toMatchObject({
      refsPruned: 0,
      objectsRemoved: 0,
    })
    expect(repository.streams.refTarget('app')).toBe('layer')
  })

  test('a name that went away keeps what it had until the next time', async () => {
    const { other, repository, system } = await busyRepository()
    repository.streams.setRef('app', 'layer')
    system.meanwhile = () => other.streams.removeRef('app')
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 0, rootCount: 0 })
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 2, streamsPruned: 1 })
  })

  test('an object that another collection has removed is not counted', async () => {
    const { repository, system } = await busyRepository()
    const garbage = repository.put('garbage')
    repository.sync()
    system.meanwhile = () => unlinkSync(repository.layout.object(garbage))
    expect(await collectGarbage(repository)).toMatchObject({ objectsRemoved: 2 })
  })
})

describe('locks', () => {
  test('shared while it reads, exclusive while it removes, shared again', async () => {
    const { repository, system } = await busyRepository()
    system.locks.length = 0
    await collectGarbage(repository, { dryRun: true })
    expect(system.locks).toEqual([])
    await collectGarbage(repository)
    expect(system.locks.filter((mode, i) => mode !== system.locks[i - 1])).toEqual([
      'exclusive',
      'shared',
    ])
    expect(repository.lock).toBe('shared')
  })

  test('a writer that has not synced must not collect', async () => {
    const { repository } = await busyRepository()
    repository.put('not yet on the disk')
    await expect(collectGarbage(repository)).rejects.toThrow(TypeError)
  })

  test('a signal stops it, and the shared lock is held again', async () => {
    const { repository, system } = await busyRepository()
    const controller = new AbortController()
    system.meanwhile = () => controller.abort(new Error('enough'))
    await expect(collectGarbage(repository, { signal: controller.signal })).rejects.toThrow(
      'enough',
    )
    expect(repository.lock).toBe('shared')
  })
})

describe('a collection that is cut short', () => {
  /** Many names that go, and their objects. */
  async function make(): Promise<Repository> {
    const repository = await newRepository()
    const kept = await addStream(repository, 'kept', { objects: [repository.put('kept')] })
    await addStream(repository, 'app', { named: { kept } })
    repository.streams.setRef('app', 'app')
    for (let i = 0; i < 4; i++) {
      await addStream(repository, `layer-${i}`, { objects: [repository.put(`file ${i}`)] })
      addImage(repository, [repository.put(`image ${i}`)])
    }
    repository.sync()
    return repository
  }

  test('at any file leaves no name without its data, and the next one does the rest', async () => {
    const whole = await make()
    const result = await collectGarbage(whole)
    expect(result).toMatchObject({ objectsRemoved: 16, imagesPruned: 4, streamsPruned: 4 })
    let cuts = 0
    for (let isOver = false; !isOver; ) {
      const repository = await make()
      const calls = ['unlinkSync']
      const nth = ++cuts
      const plan = new FaultPlan({
        nth,
        code: 'EIO',
        calls,
        isLasting: true,
        within: repository.path,
      })
      {
        using _faults = injectFileSystemFaults(plan)
        await collectGarbage(repository).catch(() => {})
      }
      isOver = plan.failed === undefined
      const { findings } = await checkRepository(repository)
      expect(findings, `cut ${cuts}`).toEqual([])
      await collectGarbage(repository)
      expect(objectsOf(repository.path)).toEqual(objectsOf(whole.path))
      expect(linksOf(repository.path)).toEqual(linksOf(whole.path))
    }
    expect(cuts).toBe(16 + 4 + 4 + 1)
  })
})

describe('temporary names', () => {
  const DAY = 24 * 60 * 60

  test('of killed writers go after a day, others stay', async () => {
    const { repository } = await busyRepository()
    const now = 1_800_000_000
    const place = (name: string, age: number, kind: 'file' | 'link') => {
      const path = join(repository.path, name)
      if (kind === 'link') symlinkSync('../nowhere', path)
      else writeFileSync(path, '')
      lutimesSync(path, now - age, now - age)
      return path
    }
    const old = [
      place('.symlink-1', DAY + 1, 'link'),
      place('objects/.tmp-object-1', DAY + 1, 'file'),
    ]
    const others = [
      place('.symlink-2', DAY - 60, 'link'),
      place('objects/.tmp-object-2', DAY - 60, 'file'),
      // Of another kind, or in another place.
      place('.symlink-3', DAY + 1, 'file'),
      place('objects/.tmp-object-3', DAY + 1, 'link'),
      place('.tmp-object-4', DAY + 1, 'file'),
      place('unknown', DAY + 1, 'file'),
      place('objects/unknown', DAY + 1, 'file'),
    ]
    const dry = await collectGarbage(repository, { now: now * 1000, dryRun: true })
    expect(dry.temporariesRemoved).toBe(2)
    const result = await collectGarbage(repository, { now: now * 1000 })
    expect(result.temporariesRemoved).toBe(2)
    expect(old.filter(path => existsSync(path))).toEqual([])
    for (const path of others) expect(lstatSync(path)).toBeDefined()
  })
})

describe('extra roots', () => {
  test.each([
    ['a stream', 'layer', 2],
    ['nothing', 'unknown', 0],
    ['refs', 'refs', 0],
    ['a path', '../streams/layer', 0],
  ])('%s', async (_, root, kept) => {
    const { repository } = await busyRepository()
    const result = await collectGarbage(repository, { roots: [root], countKept: true })
    expect(result).toMatchObject({ objectsKept: kept, rootCount: kept > 0 ? 1 : 0 })
  })

  test('an image', async () => {
    const { repository } = await busyRepository()
    const image = addImage(repository, [repository.put('of the image')])
    repository.sync()
    const roots = [image.hex]
    expect(await collectGarbage(repository, { roots })).toMatchObject({ objectsRemoved: 2 })
    expect(repository.images.has(image)).toBe(true)
  })
})

test('a repository with a feature that is not known is left alone', async () => {
  const { repository } = await busyRepository()
  const { path } = repository
  await repository.close()
  const meta = {
    version: 1,
    algorithm: 'fsverity-sha256-12',
    features: { compatible: [], 'read-only-compatible': ['from-the-future'], incompatible: [] },
  }
  writeFileSync(join(path, 'meta.json'), JSON.stringify(meta))
  await using again = await openRepository(path, { system: new SimulatedSystem() })
  await expect(collectGarbage(again)).rejects.toMatchObject({
    code: 'ERR_REPOSITORY_UNSUPPORTED_FEATURE',
  })
  expect(await collectGarbage(again, { dryRun: true })).toMatchObject({ objectsRemoved: 2 })
})
