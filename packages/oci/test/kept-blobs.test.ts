import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHA512 } from '@composefs/fsverity'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { seal } from '../src/seal/seal.ts'
import { keptBlob } from '../src/store/kept-blob.ts'
import { openImage } from '../src/store/open-image.ts'
import { blobStreamId } from '../src/store/stream-names.ts'
import { distantSource } from './distant-source.ts'
import { LAYER, LayoutBuilder } from './layout-builder.ts'
import { type PackedImage, packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const OPTIONS: PullOptions = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }
const KEEP: PullOptions = { ...OPTIONS, keepBlobs: true }

const tars: Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars.push(
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(5000) }]),
    await buildTar([{ name: 'usr/b', content: 'b'.repeat(200) }]),
  )
})

function bytesOf({ layout }: PackedImage, digest: string): Buffer {
  return readFileSync(join(layout.directory, 'blobs', ...digest.split(':')))
}

async function contentOf(repository: Parameters<typeof keptBlob>[0], digest: string) {
  const blob = await keptBlob(repository, digest)
  return blob && Buffer.concat([...blob.chunks()])
}

describe('blobs that are kept', () => {
  test('are there byte for byte, and the manifest refers to them', async () => {
    for (const algorithm of [undefined, SHA512]) {
      const repository = await temporaryRepository(algorithm === undefined ? {} : { algorithm })
      const image = packedImage(tars)
      const { layers } = await pull(repository, image.reference, KEEP)
      expect(layers.every(({ isBlobKept }) => isBlobKept)).toBe(true)
      const { manifest } = await openImage(repository, 'app')
      expect([...manifest.blobs.keys()].toSorted()).toEqual(image.digests.toSorted())
      expect([...manifest.layers.keys()].toSorted()).toEqual(image.diffIds.toSorted())
      for (const digest of image.digests) {
        expect(await contentOf(repository, digest)).toEqual(bytesOf(image, digest))
        const stream = repository.streams.lookup(blobStreamId(digest))
        expect(stream).toEqual(manifest.blobs.get(digest))
        const reader = await repository.streams.open(blobStreamId(digest))
        expect(reader.contentType).toBe(CONTENT_TYPES.blob)
        expect(reader.objectReferences).toHaveLength(1)
      }
    }
  })

  test('change nothing of the image, whatever the source', async () => {
    const image = packedImage(tars)
    const plain = await pull(await temporaryRepository(), image.reference, OPTIONS)
    await using source = await distantSource(image.layout)
    for (const from of [image.reference, source]) {
      const kept = await pull(await temporaryRepository(), from, KEEP)
      expect(kept.composefsErofs).toEqual(plain.composefsErofs)
      expect(kept.configVerity).toEqual(plain.configVerity)
      expect(kept.statistics).toEqual(plain.statistics)
      expect(kept.manifestVerity).not.toEqual(plain.manifestVerity)
    }
  })

  test('are fetched later where the image is there already, and nothing else is', async () => {
    const repository = await temporaryRepository()
    const image = packedImage(tars)
    const first = await pull(repository, image.reference, OPTIONS)
    await using source = await distantSource(image.layout)
    const second = await pull(repository, source, KEEP)
    expect(second.composefsErofs).toEqual(first.composefsErofs)
    expect(second.configVerity).toEqual(first.configVerity)
    expect(second.statistics).toMatchObject({ objectsNew: 0, objectsPresent: 0, bytesInlined: 0 })
    expect(second.layers.map(({ status }) => status)).toEqual(['fetched', 'fetched'])
    // One of them gone: that one alone is fetched.
    const [lost = ''] = image.digests
    const object = (await keptBlob(repository, lost))?.object
    rmSync(join(repository.path, 'objects', object?.objectPath ?? ''))
    expect(await keptBlob(repository, lost)).toBeUndefined()
    source.opened.length = 0
    const third = await pull(repository, source, { ...KEEP, repair: true })
    expect(source.opened.filter(digest => image.digests.includes(digest))).toEqual([lost])
    expect(third.manifestVerity).toEqual(second.manifestVerity)
    expect(await contentOf(repository, lost)).toEqual(bytesOf(image, lost))
    const fourth = await pull(repository, source, KEEP)
    expect(fourth.statistics.bytesFetched).toBe(0)
    expect(fourth.layers.every(({ isBlobKept }) => isBlobKept)).toBe(true)
  })

  test('stay when the image is pulled again without them, or sealed', async () => {
    const repository = await temporaryRepository({ versions: [1] })
    const image = packedImage(tars)
    await pull(repository, image.reference, KEEP)
    const before = (await openImage(repository, 'app')).manifest
    expect((await pull(repository, image.reference, OPTIONS)).manifestVerity).toEqual(before.stream)
    // Written anew, since everything is checked.
    await pull(repository, image.reference, { ...OPTIONS, repair: true })
    expect((await openImage(repository, 'app')).manifest.blobs).toEqual(before.blobs)
    await seal(repository, 'app', { tag: 'sealed' })
    const sealed = (await openImage(repository, 'sealed')).manifest
    expect(sealed.digest).not.toBe(before.digest)
    expect(sealed.blobs).toEqual(before.blobs)
  })

  test('are no plain layers, nor those of artifacts, which are there as they came', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    const blob = layout.blob('x'.repeat(100), 'text/plain')
    const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json')
    layout.finish({ image: layout.image(tars), artifact: layout.manifest(config, [blob]) })
    const image = await pull(repository, `oci:${layout.directory}:image`, KEEP)
    await pull(repository, `oci:${layout.directory}:artifact`, { ...KEEP, tag: 'artifact' })
    expect(image.layers.some(({ isBlobKept }) => isBlobKept)).toBe(false)
    expect(visibleNames(repository).filter(name => name.includes('oci-blob-'))).toEqual([])
    expect(await keptBlob(repository, image.layers[0]?.digest ?? '')).toBeUndefined()
    expect((await contentOf(repository, blob.digest))?.toString()).toBe('x'.repeat(100))
  })

  test('of one tar that was packed twice are both there', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    const [tar = new Uint8Array()] = tars
    const { blobs, diffIds } = packedImage([tar], layout)
    const config = layout.json(
      { architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [diffIds[0], diffIds[0]] } },
      'application/vnd.oci.image.config.v1+json',
    )
    const other = layout.blob(tar, LAYER)
    const [packed] = blobs
    if (packed === undefined) throw new Error('no blob')
    for (const order of [
      [packed, other],
      [other, packed],
    ]) {
      layout.finish({ t: layout.manifest(config, order) })
      await pull(repository, `oci:${layout.directory}:t`, KEEP)
      const { manifest } = await openImage(repository, 'app')
      expect([...manifest.blobs.keys()]).toEqual([packed.digest])
    }
  })

  test('that are not what their digest says are not kept', async () => {
    const repository = await temporaryRepository()
    const image = packedImage(tars)
    await pull(repository, image.reference, OPTIONS)
    const [first = ''] = image.digests
    const bytes = bytesOf(image, first)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    writeFileSync(join(image.layout.directory, 'blobs', ...first.split(':')), bytes)
    for (const into of [repository, await temporaryRepository()]) {
      await expect(pull(into, image.reference, KEEP)).rejects.toThrow(
        expect.objectContaining({ facts: expect.objectContaining({ layer: 1 }) }),
      )
      expect(await keptBlob(into, first)).toBeUndefined()
    }
  })
})

test('a dry run tells what is missing of the blobs', async () => {
  const repository = await temporaryRepository()
  const image = packedImage(tars)
  await pull(repository, image.reference, OPTIONS)
  const dry = await pull(repository, image.reference, { ...KEEP, dryRun: true })
  const sizes = image.blobs.map(({ size }) => size)
  expect(dry.statistics.bytesFetched).toBe(sizes.reduce((sum, size) => sum + size, 0))
  expect(dry.layers.map(({ status }) => status)).toEqual(['fetched', 'fetched'])
})
