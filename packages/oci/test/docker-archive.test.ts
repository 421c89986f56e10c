import { gzipSync, zstdCompressSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseManifest } from '../src/document/manifest.ts'
import { openDockerArchive, pull } from '../src/index.ts'
import {
  type ArchivedImage,
  type ArchiveFile,
  archivedImage,
  contents,
  listOf,
  sha256,
  writeArchive,
} from './docker-archive-builder.ts'
import { tarOf } from './layout-builder.ts'
import { ociCode } from './oci-code.ts'
import { temporaryRepository } from './temporary-repository.ts'

let base: Buffer
let top: Buffer
let image: ArchivedImage
beforeAll(async () => {
  base = await tarOf([
    ['usr/bin/sh', 'x'.repeat(5000)],
    ['etc/os-release', 'ID=test\n'],
  ])
  top = await tarOf([['usr/bin/app', 'y'.repeat(300_000)]])
  image = archivedImage([base, top])
})

/** What all archives of the image give, however they are put together. */
async function expectImage(path: string, tag?: string): Promise<string> {
  await using source = await openDockerArchive(path, { tag })
  const manifest = await source.manifest()
  expect(manifest.digest).toBe(`sha256:${sha256(manifest.bytes)}`)
  const { config, layers } = parseManifest(manifest.bytes, manifest.mediaType)
  expect(layers.map(({ digest }) => digest)).toEqual(image.diffIds)
  expect(config.digest).toBe(`sha256:${sha256(image.config)}`)
  expect(await contents(source)).toEqual([config.digest, ...image.diffIds])
  return manifest.digest
}

const flat = (): ArchiveFile[] => [
  ['base.tar', base],
  ['top.tar', top],
  [image.configName, image.config],
]

describe('an image in an archive', () => {
  test('has the manifest that skopeo makes of it', async () => {
    const path = await writeArchive([
      ...flat(),
      ['manifest.json', listOf(image, ['base.tar', 'top.tar'])],
    ])
    await using source = await openDockerArchive(path)
    const { bytes, mediaType } = await source.manifest()
    const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'
    expect(mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
    const expected = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: `sha256:${sha256(image.config)}`,
        size: image.config.length,
      },
      layers: [base, top].map(tar => ({
        mediaType: layerType,
        digest: `sha256:${sha256(tar)}`,
        size: tar.length,
      })),
    }
    expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(expected))
    expect(source.description).toBe(`docker-archive:${path}`)
  })

  test.each<[string, () => readonly ArchiveFile[], readonly string[]]>([
    [
      'of old versions of docker save, with symlinks for layers that are there already',
      () => [
        ['aa/VERSION', '1.0'],
        ['aa/json', '{}'],
        ['aa/layer.tar', { symlink: '../bb/layer.tar' }],
        ['bb/VERSION', '1.0'],
        ['bb/layer.tar', base],
        ['cc/layer.tar', top],
        [image.configName, image.config],
        ['repositories', '{"a":{"1":"cc"}}'],
      ],
      ['aa/layer.tar', 'cc/layer.tar'],
    ],
    [
      'with hard links',
      () => [...flat(), ['deep/base', { link: 'base.tar' }]],
      ['deep/base', './top.tar'],
    ],
    [
      'whose layers are packed',
      () => [
        ['base.tar', gzipSync(base)],
        ['top.tar', zstdCompressSync(top)],
        [image.configName, image.config],
      ],
      ['base.tar', 'top.tar'],
    ],
  ])('%s', async (_, files, layers) => {
    const path = await writeArchive([...files(), ['manifest.json', listOf(image, layers)]])
    await expectImage(path)
  })

  test('of newer versions of docker save, which is a layout as well', async () => {
    const blobs = [base, top, Buffer.from(image.config)].map(
      (blob): ArchiveFile => [`blobs/sha256/${sha256(blob)}`, blob],
    )
    const [baseName = '', topName = '', Config = ''] = blobs.map(([name]) => name)
    const path = await writeArchive([
      ...blobs,
      ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
      ['index.json', '{"schemaVersion":2,"manifests":[]}'],
      ['manifest.json', JSON.stringify([{ Config, RepoTags: null, Layers: [baseName, topName] }])],
    ])
    await expectImage(path)
  })

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('that is compressed as a whole by %s', async (_, pack) => {
    const list = listOf(image, ['base.tar', 'top.tar'])
    const path = await writeArchive([...flat(), ['manifest.json', list]], pack)
    await expectImage(path)
  })

  test('may have a layer twice', async () => {
    const twice = archivedImage([base, top, base])
    const path = await writeArchive([
      ['base.tar', base],
      ['top.tar', top],
      [twice.configName, twice.config],
      ['manifest.json', listOf(twice, ['base.tar', 'top.tar', 'base.tar'])],
    ])
    await using source = await openDockerArchive(path)
    expect(await contents(source)).toEqual([`sha256:${sha256(twice.config)}`, ...twice.diffIds])
  })
})

describe('of several images', () => {
  const several = async () => {
    const other = archivedImage([top])
    return writeArchive([
      ...flat(),
      [other.configName, other.config],
      [
        'manifest.json',
        JSON.stringify([
          { Config: image.configName, RepoTags: ['debian:12'], Layers: ['base.tar', 'top.tar'] },
          { Config: other.configName, RepoTags: ['quay.io/b/c:2', 'd:1'], Layers: ['top.tar'] },
          { Config: other.configName, RepoTags: null, Layers: ['top.tar'] },
        ]),
      ],
    ])
  }

  test.each([
    ['debian:12', true],
    ['docker.io/library/debian:12', true],
    ['docker.io/debian:12', true],
    ['@0', true],
    ['quay.io/b/c:2', false],
    ['library/d:1', false],
    ['@2', false],
  ])('one is chosen by %s', async (tag, isFirst) => {
    await using source = await openDockerArchive(await several(), { tag })
    const { bytes } = await source.manifest()
    expect(parseManifest(bytes).layers).toHaveLength(isFirst ? 2 : 1)
    expect(source.description).toMatch(new RegExp(`:${tag}$`))
  })

  test.each([
    ['debian', 'ERR_OCI_TAG_NOT_FOUND'],
    ['Not A Name', 'ERR_OCI_TAG_NOT_FOUND'],
    ['@3', 'ERR_OCI_TAG_NOT_FOUND'],
    ['@x', 'ERR_OCI_BAD_REFERENCE'],
    [undefined, 'ERR_OCI_AMBIGUOUS_TAG'],
  ])('none is chosen by %s', async (tag, code) => {
    const path = await several()
    await expect(openDockerArchive(path, { tag })).rejects.toMatchObject({
      code,
      ...(code === 'ERR_OCI_BAD_REFERENCE'
        ? {}
        : { facts: { choices: ['debian:12', 'quay.io/b/c:2', 'd:1', '@2'] } }),
    })
  })

  test('one of another platform is refused where one is asked for', async () => {
    const path = await several()
    const platform = { os: 'linux', architecture: 'arm64' }
    await expect(openDockerArchive(path, { tag: '@0', platform })).rejects.toMatchObject({
      code: 'ERR_OCI_NO_MATCHING_PLATFORM',
      facts: { expected: 'linux/arm64', choices: ['linux/amd64'] },
    })
  })
})

describe('an archive that is none', () => {
  const list = () => listOf(image, ['base.tar', 'top.tar'])
  test.each<[string, () => readonly ArchiveFile[], string, RegExp]>([
    ['without a list', flat, 'ERR_OCI_BAD_ARCHIVE', /no archive of docker save/],
    [
      'that is a layout',
      () => [['oci-layout', '{}']],
      'ERR_OCI_BAD_ARCHIVE',
      /named by oci-archive:/,
    ],
    [
      'with an empty list',
      () => [['manifest.json', '[]']],
      'ERR_OCI_TAG_NOT_FOUND',
      /without images/,
    ],
    ['whose list is none', () => [['manifest.json', '{}']], 'ERR_OCI_BAD_JSON', /not a list/],
    [
      'whose list is ambiguous',
      () => [['manifest.json', '[{"Config":"a","config":"b","Layers":[]}]']],
      'ERR_OCI_AMBIGUOUS_KEY',
      /another spelling/,
    ],
    [
      'with two lists',
      () => [...flat(), ['manifest.json', list()], ['./manifest.json', list()]],
      'ERR_OCI_BAD_ARCHIVE',
      /more than once/,
    ],
    [
      'without the config',
      () => [
        ['base.tar', base],
        ['top.tar', top],
        ['manifest.json', list()],
      ],
      'ERR_OCI_BAD_ARCHIVE',
      /\.json" is not in the archive/,
    ],
    [
      'with another config',
      () => [
        ['base.tar', base],
        ['top.tar', top],
        [image.configName, `${image.config} `],
        ['manifest.json', list()],
      ],
      'ERR_OCI_DIGEST_MISMATCH',
      /the config sha256:/,
    ],
    [
      'without a layer',
      () => [
        ['base.tar', base],
        [image.configName, image.config],
        ['manifest.json', list()],
      ],
      'ERR_OCI_BAD_ARCHIVE',
      /"top\.tar" is not in the archive/,
    ],
    [
      'with a layer too few',
      () => [...flat(), ['manifest.json', listOf(image, ['base.tar'])]],
      'ERR_OCI_LAYER_COUNT_MISMATCH',
      /1 layers, the config 2 diff ids/,
    ],
    [
      'with symlinks in a circle',
      () => [
        ...flat(),
        ['l1', { symlink: 'l2' }],
        ['l2', { symlink: 'l1' }],
        ['manifest.json', listOf(image, ['l1', 'top.tar'])],
      ],
      'ERR_OCI_BAD_ARCHIVE',
      /symlink to no end/,
    ],
    [
      'with a symlink out of it',
      () => [
        ...flat(),
        ['l', { symlink: '../../etc/passwd' }],
        ['manifest.json', listOf(image, ['l', 'top.tar'])],
      ],
      'ERR_OCI_BAD_ARCHIVE',
      /"l" is not in the archive/,
    ],
    [
      'with a name out of it',
      () => [...flat(), ['manifest.json', listOf(image, ['../../etc/passwd', 'top.tar'])]],
      'ERR_OCI_BAD_ARCHIVE',
      /is not in the archive/,
    ],
  ])('%s', async (_, files, code, message) => {
    const path = await writeArchive(files())
    await expect(openDockerArchive(path)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('of layers that unpack to more than is allowed', async () => {
    const path = await writeArchive([
      ['base.tar', gzipSync(base)],
      ['top.tar', gzipSync(top)],
      [image.configName, image.config],
      ['manifest.json', listOf(image, ['base.tar', 'top.tar'])],
    ])
    await using source = await openDockerArchive(path, { maxUnpackedSize: 100_000 })
    expect(await ociCode(() => source.manifest())).toBe('ERR_OCI_BAD_ARCHIVE')
  })

  test('of a layer that is not what its diff id says', async () => {
    const path = await writeArchive([
      ['base.tar', top],
      ['top.tar', base],
      [image.configName, image.config],
      ['manifest.json', listOf(image, ['base.tar', 'top.tar'])],
    ])
    const repository = await temporaryRepository()
    expect(await ociCode(() => pull(repository, `docker-archive:${path}`))).toBe(
      'ERR_OCI_DIGEST_MISMATCH',
    )
  })
})
