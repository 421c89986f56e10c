import { rmSync } from 'node:fs'
import { SHA512 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { openRepository, publish } from '@composefs/repository'
import { describe, expect, test } from 'vitest'
import { mountableImage, sealedImage } from '../src/seal/mountable-image.ts'
import { seal } from '../src/seal/seal.ts'
import { sealConfig } from '../src/seal/seal-config.ts'
import { configName, writeConfig } from '../src/store/config-stream.ts'
import { listImageUses } from '../src/store/image-uses.ts'
import {
  openImage,
  openImageConfig,
  readImageConfig,
  type StoredImage,
} from '../src/store/open-image.ts'
import { listTags, readTag } from '../src/store/tags.ts'
import { idOf, pullImage } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { vectorRepository } from './vector-repository.ts'
import { visibleNames } from './visible-names.ts'

describe('sealing', () => {
  test.each([
    ['sha256, V1', { versions: [1] }, 1],
    ['sha512, V2', { versions: [2], algorithm: SHA512 }, 2],
    ['V2 beside V1', { versions: [2, 1] }, 2],
  ] as const)('in a repository of %s', async (_, options, version) => {
    const repository = await temporaryRepository(options)
    await pullImage(repository)
    const before = await openImage(repository, 'app')
    const id = await idOf(repository, 'app', version)
    const result = await seal(repository, 'app')
    expect(result.image.hex).toBe(id)
    expect(result).toMatchObject({ tag: 'app', changed: true, sourceConfig: before.config.digest })

    const after = await openImage(repository, 'app')
    expect(after.manifest).toMatchObject(result.manifest)
    expect(after.config.digest).toBe(result.config.digest)
    expect(after.config.images).toEqual(before.config.images)
    expect(after.config.layers).toEqual(before.config.layers)
    expect(after.manifest.layers).toEqual(before.manifest.layers)
    expect(after.manifest.manifest.layers).toEqual(before.manifest.manifest.layers)
    expect(after.image?.config.labels.get('containers.composefs.fsverity')).toBe(id)
    // The one with the label, and the one it was made of.
    const uses = await listImageUses(repository, result.image)
    const plain = { bootable: false, format: version, xattrs: 'allowlist-only' }
    const byDigest = (a: { configDigest: string }, b: { configDigest: string }) =>
      a.configDigest < b.configDigest ? -1 : 1
    expect(uses.toSorted(byDigest)).toEqual(
      [
        { ...of(before), tags: [], variant: plain, isSealed: false },
        { ...of(after), tags: ['app'], variant: plain, isSealed: true },
      ].toSorted(byDigest),
    )
    const { objectReferences, streamReferences } = await repository.streams.open(
      after.config.stream,
    )
    expect(objectReferences.length).toBe(1)
    // The layers base first, then the images, V2 first.
    expect(Array.from(streamReferences, ({ hex }) => hex)).toEqual(
      [
        ...new Set(before.image?.orderedLayers.map(({ stream }) => stream)),
        ...[2, 1].flatMap(format => {
          const key = format === 2 ? 'composefs.image' : 'composefs.image.v1'
          return after.config.images.get(key) ?? []
        }),
      ].map(({ hex }) => hex),
    )
    // The label is no part of the image.
    expect(await idOf(repository, 'app', version)).toBe(id)
    expect(await mountableImage(repository, await openImageConfig(repository, 'app'))).toEqual({
      digest: result.image,
      by: 'reference',
    })
  })

  test('twice changes nothing the second time', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const { changed, ...first } = await seal(repository, 'app')
    const names = visibleNames(repository)
    const again = await seal(repository, 'app')
    expect([changed, again.changed]).toEqual([true, false])
    expect(again).toMatchObject({ image: first.image, tag: 'app' })
    expect(again.manifest).toMatchObject(first.manifest)
    expect(again.sourceConfig).toBe(again.config.digest)
    expect(visibleNames(repository)).toEqual(names)
  })

  test('gives the same documents wherever it is done', async () => {
    const digests = []
    for (const options of [{}, { versions: [1, 2] as const }]) {
      const repository = await temporaryRepository(options)
      await pullImage(repository)
      const { manifest, config } = await seal(repository, 'app')
      digests.push([manifest.digest, config.digest])
    }
    expect(digests[1]).toEqual(digests[0])
  })

  test('under another tag leaves the first one alone', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const before = readTag(repository, 'app')
    const { manifest } = await seal(repository, 'app', { tag: 'sealed/app' })
    expect(listTags(repository)).toEqual([
      { name: 'app', manifest: before },
      { name: 'sealed/app', manifest: manifest.digest },
    ])
    const other = await seal(repository, 'sealed/app', { tag: 'other' })
    expect(other).toMatchObject({ changed: false, tag: 'other' })
    expect(readTag(repository, 'other')).toBe(manifest.digest)
  })

  test('by digest sets no tag', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const { manifest, config } = await openImage(repository, 'app')
    const result = await seal(repository, `@${manifest.digest}`)
    expect(result.tag).toBeUndefined()
    expect(listTags(repository)).toEqual([{ name: 'app', manifest: manifest.digest }])
    expect(repository.streams.lookup(`oci-manifest-${result.manifest.digest}`)).toBeDefined()
    // The config's digest is that of its manifest: one of two, by now, but only one names this config.
    expect((await seal(repository, config.digest)).manifest).toEqual(result.manifest)
  })

  test('makes the images that are missing', async () => {
    const source = await temporaryRepository()
    await pullImage(source)
    await seal(source, 'app')
    await source.close()
    const repository = await openRepository(source.path, { system: linuxSystem, erofsVersion: 2 })
    const first = await openImageConfig(repository, 'app')
    const { image, changed } = await seal(repository, 'app')
    expect(changed).toBe(true)
    const { images } = await openImageConfig(repository, 'app')
    expect(images.get('composefs.image')).toEqual(image)
    expect(images.get('composefs.image.v1')).toEqual(first.images.get('composefs.image.v1'))
    await repository.close()
  })

  test('keeps the boot images', async () => {
    const repository = await vectorRepository('sha256-dual', { mode: 'write' })
    const before = await openImageConfig(repository, 'bp')
    await seal(repository, 'bp')
    expect((await openImageConfig(repository, 'bp')).images).toEqual(before.images)
  })

  test('a config alone', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const { config } = await openImage(repository, 'app')
    for (const verity of [undefined, config.stream]) {
      const sealed = await sealConfig(repository, config.digest, verity)
      const stored = await openImageConfig(repository, sealed.digest)
      expect(sealedImage(repository, stored)).toEqual(sealed.image)
      expect(stored.layers).toEqual(config.layers)
    }
    expect(() => sealedImage(repository, readImageConfig(config))).toThrow(
      expect.objectContaining({ code: 'ERR_OCI_NOT_SEALED' }),
    )
  })

  test('a config by its digest alone does not trust its layers', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const { config, image } = await openImage(repository, 'app')
    const [low, high] = image?.orderedLayers ?? []
    if (low === undefined || high === undefined) throw new Error('no layers')
    const layers = new Map([
      [low.diffId, high.stream],
      [high.diffId, low.stream],
    ])
    const swapped = await writeConfig(repository, { json: config.json, layers, images: new Map() })
    publish(repository, [configName(swapped)])
    await expect(sealConfig(repository, config.digest)).rejects.toMatchObject({
      code: 'ERR_OCI_DIFF_ID_MISMATCH',
      facts: { layer: 1, diffId: low.diffId },
    })
  })

  test('refuses what is no image, and a bad tag, before it writes', async () => {
    const repository = await vectorRepository('sha256-v1')
    const names = visibleNames(repository)
    await expect(seal(repository, 'sbom')).rejects.toMatchObject({ code: 'ERR_OCI_NOT_AN_IMAGE' })
    await expect(seal(repository, 'none')).rejects.toMatchObject({ code: 'ERR_OCI_NO_SUCH_IMAGE' })
    await expect(seal(repository, 'basic:v1', { tag: '@x' })).rejects.toMatchObject({
      code: 'ERR_OCI_BAD_TAG',
    })
    expect(visibleNames(repository)).toEqual(names)
  })

  test('stops when a layer is gone', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const names = visibleNames(repository)
    const [layer] = (await openImageConfig(repository, 'app')).orderedLayers
    if (layer === undefined) throw new Error('no layer')
    rmSync(repository.layout.object(layer.stream))
    await expect(seal(repository, 'app')).rejects.toMatchObject({
      code: 'ERR_REPOSITORY_OBJECT_NOT_FOUND',
    })
    expect(visibleNames(repository)).toEqual(names)
  })
})

function of({ config, manifest }: StoredImage) {
  return { configDigest: config.digest, manifests: [manifest.digest] }
}
