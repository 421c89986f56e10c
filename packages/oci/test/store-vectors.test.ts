import { imageDigest } from '@composefs/erofs'
import { isRepositoryError, type Repository } from '@composefs/repository'
import { writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { buildTree } from '../src/build-tree.ts'
import { readSealLabel } from '../src/document/config.ts'
import { sealedImage } from '../src/seal/mountable-image.ts'
import { sealConfig } from '../src/seal/seal-config.ts'
import { openConfig } from '../src/store/config-stream.ts'
import { inspectImage, linkedErofsImages } from '../src/store/inspect-image.ts'
import { listImages } from '../src/store/list-images.ts'
import { openImage, openImageConfig, readImageConfig } from '../src/store/open-image.ts'
import { listLayer } from '../src/store/store-layer.ts'
import { decodeTag, listTags } from '../src/store/tags.ts'
import {
  type TagFacts,
  vectorRepository,
  vectorRepositoryFacts,
  vectorRepositoryNames,
} from './vector-repository.ts'

const repositories = vectorRepositoryNames
  .filter(name => name !== 'broken')
  .map(name => ({ name, facts: vectorRepositoryFacts(name) }))

const tags = repositories.flatMap(({ name, facts }) =>
  Object.entries(facts.tags ?? {}).map(([tag, image]) => ({ name, tag, image })),
)

/**
 * What inspect tells beside cfsctl. That one takes repositories without meta.json for V1, and no longer finds their
 * images, which are V2.
 */
const OURS: Readonly<Record<string, (image: TagFacts) => object>> = {
  'legacy-old-headers': ({ image_ids }) => ({ composefs_erofs: image_ids?.v2 }),
}

async function dumpOf(
  repository: Repository,
  tag: string,
  xattrs: 'allowlist-only' | 'keep-user-xattrs',
): Promise<string> {
  const config = await openImageConfig(repository, tag)
  const pieces = [...writeDump(await buildTree(repository, config, { xattrs }))]
  return Buffer.concat(pieces).toString()
}

describe('a repository that cfsctl filled', () => {
  test.each(repositories)('$name: tags', async ({ name, facts }) => {
    const repository = await vectorRepository(name)
    const expected = Object.entries(facts.refs)
      .filter(([ref]) => ref.startsWith('oci/'))
      .map(([ref, target]) => ({
        name: decodeTag(ref.slice('oci/'.length)),
        manifest: target.replace(/^.*oci-manifest-/, ''),
      }))
    expect(listTags(repository)).toEqual(expected.sort((a, b) => (a.name < b.name ? -1 : 1)))
  })

  test.each(repositories.filter(({ facts }) => facts.oci_images_json))(
    '$name: the list of images',
    async ({ name, facts }) => {
      const images = await listImages(await vectorRepository(name))
      const expected = [...(facts.oci_images_json?.images ?? [])]
      expected.sort((a, b) => (a.name < b.name ? -1 : 1))
      expect(images).toMatchObject(expected)
    },
  )

  test.each(tags)('$name: inspect $tag', async ({ name, tag, image }) => {
    const repository = await vectorRepository(name)
    const stored = await openImage(repository, tag)
    expect(stored).toMatchObject({
      tag,
      manifest: { digest: image.manifest_sha256 },
      config: { digest: image.config_sha256, trust: 'verity' },
    })
    const inspection = inspectImage(repository, stored)
    expect(inspection).toMatchObject({ ...image.inspect, ...OURS[name]?.(image) })
    expect(inspection.tags).toContain(tag)
    // The same by either digest.
    for (const digest of [image.manifest_sha256, image.config_sha256]) {
      const byDigest = await openImage(repository, `@${digest}`)
      expect(inspectImage(repository, byDigest)).toEqual(inspection)
    }
  })

  test.each(tags.filter(({ image }) => image.tree_dump))(
    '$name: the tree of $tag and its images',
    async ({ name, tag, image }) => {
      const repository = await vectorRepository(name)
      expect(await dumpOf(repository, tag, 'allowlist-only')).toBe(image.tree_dump)
      expect(await dumpOf(repository, tag, 'keep-user-xattrs')).toBe(
        image.tree_dump_keep_user_xattrs,
      )
      expect(await idsOf(repository, tag, image)).toEqual(plainIds(image))
    },
  )

  test.each(repositories.filter(({ facts }) => facts.layers))(
    '$name: the entries of layers',
    async ({ name, facts }) => {
      const repository = await vectorRepository(name)
      for (const [diffId, { dumpfile }] of Object.entries(facts.layers ?? {})) {
        const lines: Uint8Array[] = []
        for await (const line of listLayer(repository, diffId)) lines.push(line)
        expect(Buffer.concat(lines).toString()).toBe(dumpfile)
      }
    },
  )
})

const VARIANTS = [
  ['v0', 0, 'allowlist-only'],
  ['v1', 1, 'allowlist-only'],
  ['v2', 2, 'allowlist-only'],
  ['v1_keep_user_xattrs', 1, 'keep-user-xattrs'],
  ['v2_keep_user_xattrs', 2, 'keep-user-xattrs'],
] as const

async function idsOf(
  repository: Repository,
  tag: string,
  image: TagFacts,
): Promise<Record<string, string>> {
  const config = await openImageConfig(repository, tag)
  const ids: Record<string, string> = {}
  for (const [name, version, xattrs] of VARIANTS) {
    if (image.image_ids?.[name] === undefined) continue
    const tree = await buildTree(repository, config, { xattrs })
    ids[name] = imageDigest(tree, { version, algorithm: repository.algorithm }).hex
  }
  return ids
}

function plainIds({ image_ids = {} }: TagFacts): Record<string, string> {
  return Object.fromEntries(Object.entries(image_ids).filter(([name]) => !name.includes('boot')))
}

test('the images that belong together', async () => {
  const repository = await vectorRepository('sha256-dual')
  const { images } = await openImageConfig(repository, 'bp')
  const expected = [
    ['b986c8f9c147dcfbd1be3819ff3fa80fd48be4e292411fb0b001a08d0ff8cc21', false, 2, null],
    ['64c29a05c4da0d02a43a3e46f075f424b1538576445379370076ea866f7aee48', false, 1, null],
    ['a9badcf7734f26d77da79eb987d7dd29a625c44926896f5afa24a624a73bfd0e', true, 2, 'allowlist-only'],
    ['dcc5a523fe4c69c0fcd225388c5b93863c4468269a3ecaec51df0a1eccb37034', true, 1, 'allowlist-only'],
  ].map(([id, bootable, version, xattrMode]) => ({ id, bootable, version, xattrMode }))
  for (const image of images.values()) {
    expect(await linkedErofsImages(repository, image)).toEqual(expected)
  }
  const [layer] = (await openImageConfig(repository, 'bp')).layers.values()
  if (layer === undefined) throw new Error('no layer')
  expect(await linkedErofsImages(repository, layer)).toEqual([])
})

describe('a config of the first version, its JSON inside the stream', () => {
  const digest = 'sha256:a2bfe1ac88d7e6f17ffc0cfee857b02b70250ffdb60947ab81e153a764288967'
  const image = '4820a41e41802a11a1d32b0cc81a64bbc306de7350118a5bbeb2bcf4476eebee'

  test('is opened by digest and by verity', async () => {
    const repository = await vectorRepository('seed-inline-config')
    const byDigest = readImageConfig(await openConfig(repository, digest))
    expect(byDigest.trust).toBe('digest')
    expect(readSealLabel(byDigest.config.labels)).toBe(image)
    const byVerity = readImageConfig(await openConfig(repository, digest, byDigest.stream))
    expect(byVerity).toEqual({ ...byDigest, trust: 'verity' })
  })

  test('gives the tree of its layers', async () => {
    const repository = await vectorRepository('seed-inline-config')
    const tree = await buildTree(repository, await openImageConfig(repository, digest))
    expect(imageDigest(tree, { version: 1 }).hex).toBe(image)
  })

  test('names an image that seal makes, and stays the same config', async () => {
    const repository = await vectorRepository('seed-inline-config')
    const config = await openImageConfig(repository, digest)
    expect(() => sealedImage(repository, config)).toThrow(
      expect.objectContaining({ code: 'ERR_OCI_SEALED_IMAGE_MISSING' }),
    )
    const sealed = await sealConfig(repository, digest)
    expect(sealed).toMatchObject({ digest, changed: true })
    expect(sealed.image.hex).toBe(image)
    using opened = repository.images.open(sealedImage(repository, config))
    expect(opened.digest.hex).toBe(image)
    const again = readImageConfig(await openConfig(repository, digest))
    expect([...again.images]).toEqual([['composefs.image.v1', sealed.image]])
    expect((await sealConfig(repository, digest)).changed).toBe(false)
  })
})

test('a layer that is missing', async () => {
  const repository = await vectorRepository('sha256-v1')
  const missing = `sha256:${'0'.repeat(64)}`
  await expect(listLayer(repository, missing).next()).rejects.toMatchObject({
    code: 'ERR_OCI_NO_SUCH_LAYER',
  })
})

test('an image that is broken is left out of the list', async () => {
  const repository = await vectorRepository('broken')
  const broken: string[] = []
  const images = await listImages(repository, {
    onBroken: (name, error) => {
      broken.push(name)
      if (!isRepositoryError(error)) expect(error).toMatchObject({ name: 'OciError' })
    },
  })
  expect([...images.map(({ name }) => name), ...broken].sort()).toEqual(
    listTags(repository).map(({ name }) => name),
  )
})
