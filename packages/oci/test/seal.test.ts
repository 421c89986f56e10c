import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { imageDigest } from '@composefs/erofs'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { openRepository, publish, type Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildTree } from '../src/build-tree.ts'
import { parsePlatform } from '../src/platform.ts'
import { pull } from '../src/pull/pull.ts'
import { setSealLabel } from '../src/seal/label.ts'
import { mountableImage, sealedImage } from '../src/seal/mountable-image.ts'
import { seal } from '../src/seal/seal.ts'
import { sealConfig } from '../src/seal/seal-config.ts'
import { configName, openConfig, writeConfig } from '../src/store/config-stream.ts'
import type { ImageReferences } from '../src/store/image-references.ts'
import { openImage, openImageConfig, readImageConfig } from '../src/store/open-image.ts'
import { storeLayer } from '../src/store/store-layer.ts'
import { listTags, readTag } from '../src/store/tags.ts'
import { LayoutBuilder } from './layout-builder.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { vectorRepository } from './vector-repository.ts'
import { visibleNames } from './visible-names.ts'

let tars: Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars = [
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(100) }]),
    await buildTar([{ name: 'usr/b', content: 'b' }]),
  ]
})

/** Pulls an image whose lowest layer comes twice. */
async function pullImage(repository: Repository, tag = 'app', config: object = {}): Promise<void> {
  const layout = new LayoutBuilder()
  const [low, high] = tars as [Uint8Array, Uint8Array]
  layout.finish({ t: layout.image([low, high, low], config) })
  const platform = parsePlatform('linux/amd64')
  await pull(repository, `oci:${layout.directory}:t`, { tag, platform })
}

async function idOf(repository: Repository, reference: string, version: 1 | 2): Promise<string> {
  const tree = await buildTree(repository, await openImageConfig(repository, reference))
  return imageDigest(tree, { version, algorithm: repository.algorithm }).hex
}

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

describe('the image to mount', () => {
  /** The config of the image, with other references and label, opened again. */
  async function relabelled(
    repository: Repository,
    options: { label?: string; images?: ImageReferences },
  ) {
    const source = await openImageConfig(repository, 'app')
    const { label, images = source.images } = options
    const json = label === undefined ? source.json : setSealLabel(source.json, label)
    const stored = await writeConfig(repository, { json, layers: source.layers, images })
    return readImageConfig(await openConfig(repository, stored.digest, stored.stream))
  }

  const NONE: ImageReferences = new Map()

  test('is the one that is linked', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const v1 = await idOf(repository, 'app', 1)
    const v2 = await idOf(repository, 'app', 2)
    for (const label of [undefined, v1, v2]) {
      const config = await relabelled(repository, label === undefined ? {} : { label })
      const { digest, ...rest } = await mountableImage(repository, config)
      expect([digest.hex, rest]).toEqual([v1, { by: 'reference' }])
    }
    const foreign = await relabelled(repository, { label: 'ab'.repeat(64) })
    const { digest, by, notice } = await mountableImage(repository, foreign)
    expect([digest.hex, by]).toEqual([v1, 'reference'])
    expect(notice).toContain('sha512')
  })

  test.each(['0'.repeat(64), 'nothing', '', 'AB'.repeat(32), `sha256:${'0'.repeat(64)}`])(
    'is none when the label is %j',
    async label => {
      const repository = await temporaryRepository()
      await pullImage(repository)
      await expect(
        mountableImage(repository, await relabelled(repository, { label })),
      ).rejects.toMatchObject({ code: 'ERR_OCI_SEAL_MISMATCH' })
      await expect(
        mountableImage(repository, await relabelled(repository, { label, images: NONE })),
      ).rejects.toMatchObject({ code: 'ERR_OCI_SEALED_IMAGE_MISSING' })
    },
  )

  test('is the one of the label when none is linked', async () => {
    const repository = await temporaryRepository()
    await pullImage(repository)
    const label = await idOf(repository, 'app', 1)
    const { digest, by } = await mountableImage(
      repository,
      await relabelled(repository, { label, images: NONE }),
    )
    expect([digest.hex, by]).toEqual([label, 'label'])
    await expect(
      mountableImage(repository, await relabelled(repository, { images: NONE })),
    ).rejects.toMatchObject({ code: 'ERR_OCI_NO_EROFS_IMAGE' })
  })

  test('is of the default format alone', async () => {
    const source = await temporaryRepository()
    await pullImage(source)
    const repository = await openRepository(source.path, { system: linuxSystem, erofsVersion: 2 })
    await expect(
      mountableImage(repository, await openImageConfig(repository, 'app')),
    ).rejects.toMatchObject({ code: 'ERR_OCI_NO_EROFS_IMAGE' })
    await repository.close()
  })

  test('of the vectors', async () => {
    const repository = await vectorRepository('sealed')
    const good = await openImageConfig(repository, 'good')
    expect(await mountableImage(repository, good)).toEqual({
      digest: sealedImage(repository, good),
      by: 'reference',
    })
    const bad = await openImageConfig(repository, 'bad')
    await expect(mountableImage(repository, bad)).rejects.toMatchObject({
      code: 'ERR_OCI_SEAL_MISMATCH',
    })
  })

  test('as a boot variant has nothing to do with the label', async () => {
    const repository = await vectorRepository('sha256-dual')
    const bootable = true
    const { digest } = await mountableImage(repository, await openImageConfig(repository, 'bp'), {
      bootable,
    })
    expect(digest.hex).toBe('dcc5a523fe4c69c0fcd225388c5b93863c4468269a3ecaec51df0a1eccb37034')
    await expect(
      mountableImage(repository, await openImageConfig(repository, 'basic'), { bootable }),
    ).rejects.toMatchObject({ code: 'ERR_OCI_NO_BOOT_IMAGE' })
  })
})

describe('a single layer', () => {
  const diffIdOf = (tar: Uint8Array) => `sha256:${createHash('sha256').update(tar).digest('hex')}`
  async function* once(tar: Uint8Array): AsyncGenerator<Uint8Array> {
    yield tar
  }
  async function* never(): AsyncGenerator<Uint8Array> {
    yield await Promise.reject(new Error('read'))
  }

  test('is stored once, and named again without being read', async () => {
    const repository = await temporaryRepository({ algorithm: SHA256 })
    const [tar] = tars as [Uint8Array]
    const diffId = diffIdOf(tar)
    const first = await storeLayer(repository, once(tar), { diffId })
    expect(first.imported).toMatchObject({ diffId, size: tar.length, objectsNew: 1 })
    const second = await storeLayer(repository, never(), { diffId, name: 'my/layer' })
    expect(second).toEqual({ stream: first.stream, imported: undefined })
    expect(visibleNames(repository)).toEqual([
      `streams/oci-layer-${diffId}`,
      'streams/refs/my/layer',
    ])
  })

  test('that is not what it should be gets no name', async () => {
    const repository = await temporaryRepository()
    const [tar] = tars as [Uint8Array]
    const diffId = `sha256:${'0'.repeat(64)}`
    await expect(storeLayer(repository, once(tar), { diffId, name: 'x' })).rejects.toMatchObject({
      code: 'ERR_OCI_DIFF_ID_MISMATCH',
    })
    await expect(storeLayer(repository, once(tar), { diffId: '../x' })).rejects.toMatchObject({
      code: 'ERR_OCI_BAD_DIGEST',
    })
    expect(visibleNames(repository)).toEqual([])
  })
})
