import { existsSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { initRepository, openRepository, type PublishedName, publish } from '../src/index.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

async function newBatch() {
  const path = join(temporaryDirectory(), 'repository')
  const system = new SimulatedSystem()
  await initRepository(path, { system, insecure: true })
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  const layer = repository.objects.put(Buffer.from('layer')).digest
  const image = repository.objects.put(Buffer.from('image')).digest
  const names: PublishedName[] = [
    { kind: 'stream', id: 'layer', digest: layer },
    { kind: 'image', digest: image },
    { kind: 'image-ref', name: 'image', digest: image },
    { kind: 'stream-ref', name: 'tag', id: 'layer' },
  ]
  return { path, system, repository, names, layer }
}

describe('publish', () => {
  test('makes no name visible before the one sync', async () => {
    const { path, system, repository, names } = await newBatch()
    const seen: boolean[] = []
    const sync = system.syncFileSystem.bind(system)
    system.syncFileSystem = () => {
      seen.push(existsSync(join(path, 'streams')) || existsSync(join(path, 'images')))
      sync()
    }
    publish(repository, names)
    expect(seen).toEqual([false])
    expect(repository.streams.resolve('refs/tag')).toEqual(repository.streams.lookup('layer'))
    expect(repository.images.resolve('image').viaRef).toBe(true)
  })

  test('of names that are there needs no sync, unless an object is new', async () => {
    const { system, repository, names } = await newBatch()
    publish(repository, names)
    publish(repository, names)
    expect(system.syncs).toBe(1)
    repository.objects.put(Buffer.from('another'))
    publish(repository, names)
    expect(system.syncs).toBe(2)
  })

  test('of a name for an object that another process may just have stored does', async () => {
    const { path, system, names, layer } = await newBatch()
    await using other = await openRepository(path, { system })
    expect(other.objects.put(Buffer.from('layer')).isNew).toBe(false)
    expect(other.hasUnsynced).toBe(false)
    publish(other, names.slice(0, 1))
    expect(system.syncs).toBe(1)
    expect(other.streams.lookup('layer')).toEqual(layer)
  })

  test('that cannot sync makes no name', async () => {
    const { path, system, repository, names } = await newBatch()
    system.syncFileSystem = () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    expect(await codeOf(() => publish(repository, names))).toBe('EIO')
    expect(existsSync(join(path, 'streams'))).toBe(false)
    expect(existsSync(join(path, 'images'))).toBe(false)
  })

  test('replaces a link that says nothing', async () => {
    const { path, repository, names, layer } = await newBatch()
    publish(repository, names)
    unlinkSync(join(path, 'streams', 'layer'))
    symlinkSync('nowhere', join(path, 'streams', 'layer'))
    publish(repository, names)
    expect(repository.streams.lookup('layer')).toEqual(layer)
  })
})
