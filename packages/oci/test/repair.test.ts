import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHA256, SHA512 } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkOci } from '../src/check/check-oci.ts'
import { formatOciFinding } from '../src/check/finding.ts'
import { copyImage } from '../src/copy/copy-image.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { pull } from '../src/pull/pull.ts'
import { repairRepository } from '../src/repair/repair.ts'
import type { RepairOptions } from '../src/repair/repair-options.ts'
import { openImage } from '../src/store/open-image.ts'
import { configStreamId, layerStreamId } from '../src/store/stream-names.ts'
import {
  DAMAGES,
  type Damage,
  damage,
  documentObjects,
  entriesOf,
  layerObjects,
} from './damaged-repository.ts'
import { type PackedImage, packedImage } from './packed-image.ts'
import { type TemporaryRepositoryOptions, temporaryRepository } from './temporary-repository.ts'

const platform = parsePlatform('linux/amd64')
const tars: Uint8Array[] = []

beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  const files = (name: string) =>
    Array.from({ length: 20 }, (_, i) => ({
      name: `usr/${name}${i}`,
      content: `${name}${i} `.repeat(40),
    }))
  tars.push(
    await buildTar([usr, ...files('a')]),
    await buildTar([...files('b'), { name: 'usr/small', content: 'small' }]),
    await buildTar(files('c')),
  )
})

/** A repository with the image of a layout, under the tag `app`. */
async function pulled(
  options: TemporaryRepositoryOptions & { readonly keepBlobs?: boolean } = {},
): Promise<{ readonly repository: Repository; readonly image: PackedImage }> {
  const { keepBlobs = false, ...open } = options
  const image = packedImage(tars)
  const repository = await temporaryRepository({ versions: [1, 2], lock: 'exclusive', ...open })
  await pull(repository, image.reference, { tag: 'app', platform, keepBlobs })
  return { repository, image }
}

const repair = (repository: Repository, options: RepairOptions = {}) =>
  repairRepository(repository, { platform, ...options })

/** Everything is checked, the content of layers too. */
async function expectSound(repository: Repository): Promise<void> {
  const report = await checkOci(repository, { content: true })
  expect(report.findings.map(formatOciFinding)).toEqual([])
  expect(report.repository.findings).toEqual([])
}

describe('objects of a layer', () => {
  test.each(Object.keys(DAMAGES) as Damage[])('one is %s', async how => {
    const { repository, image } = await pulled()
    const before = entriesOf(repository)
    const [object] = await layerObjects(repository, image.diffIds[1] as string)
    if (object === undefined) throw new Error('no objects')
    damage(repository, [object], how)

    const report = await repair(repository, { from: [image.reference] })
    expect(report).toMatchObject({ ok: true, failures: [], linksRemoved: [] })
    expect(report.layers.map(({ diffId }) => diffId)).toEqual([image.diffIds[1]])
    expect(report.bytesFetched).toBe(image.blobs[1]?.size)
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
    const aside = how === 'deleted' ? [] : [object.hex]
    const quarantine = join(repository.path, 'quarantine')
    expect(existsSync(quarantine) ? readdirSync(quarantine) : []).toEqual(aside)
  })

  test.each([
    ['some of two layers', [0, 2], 7],
    ['all of all layers', [0, 1, 2], 20],
  ] as const)('%s are gone or changed', async (_, layers, count) => {
    const { repository, image } = await pulled()
    const before = entriesOf(repository)
    for (const layer of layers) {
      const objects = await layerObjects(repository, image.diffIds[layer] as string)
      for (const [i, object] of objects.slice(0, count).entries()) {
        damage(repository, [object], i % 2 === 0 ? 'deleted' : 'changed')
      }
    }
    const report = await repair(repository, { from: [image.reference] })
    expect(report).toMatchObject({ ok: true, failures: [] })
    expect(report.layers.map(({ diffId }) => diffId)).toEqual(layers.map(i => image.diffIds[i]))
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('nothing is fetched where nothing is wrong', async () => {
    const { repository } = await pulled()
    const report = await repair(repository, { from: ['oci:/nowhere'] })
    expect(report).toMatchObject({ ok: true, layers: [], bytesFetched: 0, failures: [] })
  })
})

describe('documents and streams', () => {
  const names = ['manifest stream', 'manifest', 'config stream', 'config'] as const
  const cases = names.flatMap(name =>
    (['deleted', 'changed'] as const).map(how => [name, how] as const),
  )

  test.each(cases)('the %s is %s', async (name, how) => {
    const { repository, image } = await pulled()
    const before = entriesOf(repository)
    damage(repository, [(await documentObjects(repository, 'app'))[name]], how)
    const report = await repair(repository, { from: [image.reference] })
    expect(report).toMatchObject({ ok: true, layers: [], failures: [] })
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('everything but the names is gone', async () => {
    const { repository, image } = await pulled({ keepBlobs: true })
    const before = entriesOf(repository)
    rmSync(join(repository.path, 'objects'), { recursive: true })
    const report = await repair(repository, { from: [image.reference] })
    expect(report).toMatchObject({ ok: true, failures: [] })
    expect(report.layers).toHaveLength(3)
    // The blobs that were kept are known from the manifest's stream alone.
    const left = new Set(entriesOf(repository))
    expect(
      before.filter(name => !left.has(name) && !/oci-blob|objects|oci-manifest/.test(name)),
    ).toEqual([])
    await expectSound(repository)
  })

  test.each(['deleted', 'changed'] as const)('the stream of a layer is %s', async how => {
    const { repository, image } = await pulled()
    const before = entriesOf(repository)
    const stream = repository.streams.lookup(layerStreamId(image.diffIds[2] as string))
    if (stream === undefined) throw new Error('no stream')
    damage(repository, [stream], how)
    const report = await repair(repository, { from: [image.reference] })
    expect(report).toMatchObject({ ok: true, documents: [], failures: [] })
    expect(report.layers.map(({ diffId }) => diffId)).toEqual([image.diffIds[2]])
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('names of streams are gone', async () => {
    const { repository, image } = await pulled({ keepBlobs: true })
    const before = entriesOf(repository)
    const { manifest } = await openImage(repository, 'app')
    for (const id of [
      layerStreamId(image.diffIds[0] as string),
      configStreamId(manifest.config.digest),
      `oci-blob-${image.digests[1]}`,
    ]) {
      rmSync(repository.layout.stream(id))
    }
    const report = await repair(repository)
    expect(report).toMatchObject({ ok: true, layers: [], failures: [] })
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('a blob that was kept is fetched again', async () => {
    const { repository, image } = await pulled({ keepBlobs: true })
    const before = entriesOf(repository)
    const { manifest } = await openImage(repository, 'app')
    const kept = manifest.blobs.get(image.digests[1] as string)
    if (kept === undefined) throw new Error('no blob')
    damage(repository, (await repository.streams.open(kept)).objectReferences, 'changed')
    const report = await repair(repository, { from: [image.reference] })
    expect(report).toMatchObject({ ok: true, failures: [] })
    expect(report.layers.map(({ digest }) => digest)).toEqual([image.digests[1]])
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })
})

describe('EROFS images', () => {
  const cases = ['objects', 'links', 'objects and links'] as const

  test.each(cases)('the %s of all are gone', async what => {
    const { repository } = await pulled()
    const before = entriesOf(repository)
    const images = [...repository.images.list()]
    expect(images).toHaveLength(2)
    if (what !== 'links') damage(repository, images)
    if (what !== 'objects') {
      for (const { hex } of images) rmSync(repository.layout.image(hex))
    }
    const report = await repair(repository)
    expect(report).toMatchObject({ ok: true, layers: [], failures: [] })
    expect([...report.images].sort()).toEqual(images.map(({ hex }) => hex).sort())
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('an image is made again although files of its layers are lost', async () => {
    const { repository, image } = await pulled()
    const [first] = repository.images.list()
    if (first === undefined) throw new Error('no image')
    damage(repository, [first])
    damage(repository, (await layerObjects(repository, image.diffIds[0] as string)).slice(0, 1))
    const report = await repair(repository)
    expect(report).toMatchObject({ ok: false, images: [first.hex] })
    expect(report.failures).toEqual([
      { name: 'app', from: null, reason: 'no source has what is missing' },
    ])
  })

  test('a repairing pull makes an image again whose link leads nowhere', async () => {
    const { repository, image } = await pulled()
    damage(repository, repository.images.list())
    await pull(repository, image.reference, { tag: 'app', platform })
    await expectSound(repository)
  })
})

describe('sources', () => {
  async function damaged() {
    const { repository, image } = await pulled()
    const objects = await layerObjects(repository, image.diffIds[1] as string)
    damage(repository, objects.slice(0, 5), 'changed')
    return { repository, image, before: entriesOf(repository) }
  }

  test('what the tag says, where a pull was given no other name', async () => {
    const image = packedImage(tars)
    const repository = await temporaryRepository({ lock: 'exclusive' })
    await pull(repository, image.reference, { platform })
    const before = entriesOf(repository)
    damage(repository, await layerObjects(repository, image.diffIds[0] as string))
    const report = await repair(repository)
    expect(report).toMatchObject({ ok: true, failures: [] })
    expect(report.layers.map(({ from }) => from)).toEqual([image.reference])
    expect(entriesOf(repository)).toEqual(before)
  })

  test('another repository: single objects by their digests', async () => {
    const { repository, before } = await damaged()
    const { repository: from } = await pulled()
    const report = await repair(repository, { from: [from] })
    expect(report).toMatchObject({ ok: true, objectsTaken: 5, layers: [], failures: [] })
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('another repository: everything, streams and what is behind them', async () => {
    const { repository } = await damaged()
    const before = entriesOf(repository)
    const { repository: from } = await pulled()
    rmSync(join(repository.path, 'objects'), { recursive: true })
    const report = await repair(repository, { from: [from] })
    expect(report).toMatchObject({ ok: true, layers: [], failures: [] })
    expect(entriesOf(repository)).toEqual(before)
  })

  test('another repository whose objects are bad too', async () => {
    const { repository, image } = await damaged()
    const { repository: from } = await pulled()
    const objects = await layerObjects(from, image.diffIds[1] as string)
    damage(from, objects.slice(0, 1), 'changed')
    const report = await repair(repository, { from: [from, image.reference] })
    expect(report).toMatchObject({ ok: true, objectsTaken: 4 })
    expect(report.failures.map(({ name }) => name)).toContain(objects[0]?.hex)
    expect(report.layers.map(({ from }) => from)).toEqual([image.reference])
    await expectSound(repository)
  })

  test('a repository of another algorithm: whole layers', async () => {
    const { repository, image, before } = await damaged()
    const from = await temporaryRepository({ algorithm: SHA512 })
    await copyImage((await pulled()).repository, 'app', from)
    const report = await repair(repository, { from: [from] })
    expect(report).toMatchObject({ ok: true, objectsTaken: 0, failures: [] })
    expect(report.layers.map(({ diffId }) => diffId)).toEqual([image.diffIds[1]])
    expect(entriesOf(repository)).toEqual(before)
    await expectSound(repository)
  })

  test('a layout with other content: nothing of it is taken', async () => {
    const { repository, image } = await damaged()
    const blob = join(image.layout.directory, 'blobs/sha256', (image.digests[1] ?? '').slice(7))
    const bytes = readFileSync(blob)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    writeFileSync(blob, bytes)
    const report = await repair(repository, { from: [image.reference] })
    expect(report.ok).toBe(false)
    expect(report.failures).toHaveLength(1)
    expect(report.failures[0]?.from).toBe(image.reference)
    expect(report.layers).toEqual([])
    expect(report.after.repository.missingObjects).toBeGreaterThan(0)
  })

  test('a layout with another image that has the layer', async () => {
    const { repository, image, before } = await damaged()
    const other = packedImage([tars[1] as Uint8Array])
    const report = await repair(repository, { from: ['oci:/nowhere', other.reference] })
    expect(report.ok).toBe(true)
    expect(report.failures.map(({ from }) => from)).toEqual(['oci:/nowhere'])
    expect(report.layers.map(({ diffId }) => diffId)).toEqual([image.diffIds[1]])
    expect(entriesOf(repository)).toEqual(before)
  })

  test('none', async () => {
    const { repository } = await damaged()
    const report = await repair(repository)
    expect(report).toMatchObject({ ok: false, layers: [] })
    // Five objects, each needed by the layer and by both images.
    expect(report.after.repository.missingObjects).toBe(15)
    expect(report.failures).toEqual([
      { name: 'app', from: null, reason: 'no source has what is missing' },
    ])
  })
})

describe('what no ref needs', () => {
  test('loses its name where it cannot be brought back', async () => {
    const { repository, image } = await pulled()
    const other = packedImage([await buildTar([{ name: 'usr/x', content: 'x'.repeat(100) }])])
    await pull(repository, other.reference, { noTag: true, platform })
    const lost = await layerObjects(repository, other.diffIds[0] as string)
    damage(repository, lost)
    const report = await repair(repository, { from: [image.reference] })
    expect(report.ok).toBe(true)
    expect(report.linksRemoved).toContain(`streams/${layerStreamId(other.diffIds[0] as string)}`)
    await expectSound(repository)
  })

  test('a bad object that nothing needs is put aside', async () => {
    const { repository } = await pulled()
    const { digest } = repository.objects.put(Buffer.from('nobody needs this'))
    damage(repository, [digest], 'changed')
    const report = await repair(repository)
    expect(report.ok).toBe(true)
    expect(report.entries).toEqual([
      {
        action: 'put-aside',
        path: `objects/${digest.objectPath}`,
        to: `quarantine/${digest.hex}`,
      },
    ])
  })
})

test('a repository that others may use is not repaired', async () => {
  const repository = await temporaryRepository({ algorithm: SHA256 })
  repository.objects.put(Buffer.from('x'.repeat(100)))
  damage(repository, [repository.objects.put(Buffer.from('a bad object')).digest], 'changed')
  await expect(repair(repository)).rejects.toThrow(TypeError)
})
