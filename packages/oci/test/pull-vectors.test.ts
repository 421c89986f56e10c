import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SHA256, SHA512 } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { buildTree } from '../src/build-tree.ts'
import { isOciError } from '../src/errors.ts'
import { parsePlatform } from '../src/platform.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions, PullResult } from '../src/pull/pull-options.ts'
import { openImage, openImageConfig } from '../src/store/open-image.ts'
import { listReferrers } from '../src/store/referrers.ts'
import { listTags } from '../src/store/tags.ts'
import { temporaryDirectory } from './layout-builder.ts'
import { reasonOf } from './reasons.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { unpackTar } from './unpack-tar.ts'
import { contentDigest, visibleNames } from './visible-names.ts'

interface Facts {
  readonly manifest_digest: string
  readonly config_digest: string
  readonly diff_ids?: readonly string[]
  readonly tree?: readonly string[]
  readonly image_ids?: Readonly<Record<string, string>>
  readonly artifact?: boolean
  readonly subject?: string
  readonly sequence?: readonly (readonly [tag: string, verdict: string, reason: string | null])[]
}

interface Case {
  readonly id: string
  readonly file: string
  readonly ref: string | null
  readonly tests: string
  readonly verdict: 'accept' | 'reject' | 'sequence'
  readonly reason?: string
  readonly note?: string
  readonly facts?: Facts
}

const directory = join(vectorsDirectory, 'oci')
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const cases: readonly Case[] = readJson(join(directory, 'index.json')).cases

/** The ways in which one layout can be given. */
const FORMS: readonly (readonly [string, (file: string) => string])[] = [
  ['oci:', file => `oci:${unpackTar(file)}`],
  ['oci-archive:', file => `oci-archive:${file}`],
  [
    'oci-archive: (gzip)',
    file => {
      const packed = join(temporaryDirectory(), 'layout.tar.gz')
      writeFileSync(packed, gzipSync(readFileSync(file)))
      return `oci-archive:${packed}`
    },
  ],
]

const OPTIONS: PullOptions = { tag: 'pulled', platform: parsePlatform('linux/amd64') }

async function dump(repository: Repository, reference: string): Promise<string[]> {
  const tree = await buildTree(repository, await openImageConfig(repository, reference))
  return Buffer.concat([...writeDump(tree)])
    .toString()
    .split('\n')
    .slice(0, -1)
}

async function reasonOfPull(repository: Repository, reference: string): Promise<string> {
  try {
    await pull(repository, reference, OPTIONS)
  } catch (error) {
    if (isOciError(error, 'ERR_OCI_TAR_BAD_CHECKSUM')) expect(error.facts.layer).toBe(2)
    return reasonOf(error)
  }
  return 'accepted'
}

/** Nothing may be seen of an image that was refused but the layers of it that are good. */
async function expectNothingVisible(repository: Repository): Promise<void> {
  for (const name of visibleNames(repository)) {
    const layer = /^streams\/(oci-layer-(sha256:.*))$/.exec(name)
    expect(layer, name).not.toBeNull()
    expect(await contentDigest(repository, layer?.[1] ?? '')).toBe(layer?.[2])
  }
}

async function expectFacts(
  repository: Repository,
  result: PullResult,
  facts: Facts,
): Promise<void> {
  expect(result.dockerManifestDigest ?? result.manifestDigest).toBe(facts.manifest_digest)
  expect(result.configDigest).toBe(facts.config_digest)
  expect(result.isArtifact).toBe(facts.artifact ?? false)
  if (facts.diff_ids !== undefined) {
    expect(result.layers.map(({ diffId }) => diffId)).toEqual(facts.diff_ids)
  }
  const { manifest, config } = await openImage(repository, 'pulled')
  expect(manifest.digest).toBe(result.manifestDigest)
  expect(manifest.stream.hex).toBe(result.manifestVerity?.hex)
  expect(config.digest).toBe(facts.config_digest)
  expect(config.stream.hex).toBe(result.configVerity?.hex)
  expect(await contentDigest(repository, `oci-manifest-${manifest.digest}`)).toBe(manifest.digest)
  expect(await contentDigest(repository, `oci-config-${config.digest}`)).toBe(config.digest)
  if (result.dockerManifestDigest !== null) {
    const original = result.dockerManifestDigest
    expect(await contentDigest(repository, `oci-blob-${original}`)).toBe(original)
  }
  for (const { diffId } of result.layers) {
    expect(await contentDigest(repository, `oci-layer-${diffId}`)).toBe(diffId)
  }
  if (facts.tree !== undefined) expect(await dump(repository, 'pulled')).toEqual(facts.tree)
  const images = new Map(result.images.map(({ version, digest }) => [version, digest.hex]))
  expect([...images.keys()]).toEqual(facts.artifact ? [] : [1, 2])
  expect(result.composefsErofs?.hex).toBe(images.get(1))
  for (const [version, name] of [
    [1, 'sha256_v1'],
    [2, 'sha256_v2'],
  ] as const) {
    const expected = facts.image_ids?.[name]
    if (expected !== undefined) expect(images.get(version)).toBe(expected)
  }
  if (facts.subject !== undefined) {
    expect(result.subject).toBe(facts.subject)
    expect(listReferrers(repository, facts.subject)).toEqual([manifest.digest])
  }
}

describe.each(FORMS)('vectors by %s', (_, referenceOf) => {
  const reference = (file: string, ref: string | null) =>
    `${referenceOf(join(directory, file))}${ref === null ? '' : `:${ref}`}`

  test.each(cases.filter(({ verdict }) => verdict === 'accept'))(
    '$id: $tests',
    async ({ file, ref, facts }) => {
      const repository = await temporaryRepository({ versions: [1, 2] })
      const result = await pull(repository, reference(file, ref), OPTIONS)
      await expectFacts(repository, result, facts as Facts)
    },
  )

  test.each(cases.filter(({ verdict }) => verdict === 'reject'))(
    '$id: $tests: $reason',
    async ({ file, ref, reason, note }) => {
      const repository = await temporaryRepository()
      const expected = [reason, ...(note?.split(' or ') ?? [])]
      expect(expected).toContain(await reasonOfPull(repository, reference(file, ref)))
      await expectNothingVisible(repository)
    },
  )

  test.each(cases.filter(({ verdict }) => verdict === 'sequence'))(
    '$id: $tests',
    async ({ file, facts }) => {
      const repository = await temporaryRepository({ versions: [1, 2] })
      const source = reference(file, null)
      for (const [tag, verdict, reason] of facts?.sequence ?? []) {
        if (verdict === 'reject') {
          expect(await reasonOfPull(repository, `${source}:${tag}`)).toBe(reason)
          await expectNothingVisible(repository)
        } else {
          const result = await pull(repository, `${source}:${tag}`, OPTIONS)
          await expectFacts(repository, result, facts as Facts)
        }
      }
    },
  )
})

test('no vector is left out', () => {
  const files = readdirSync(directory).filter(name => name.endsWith('.tar'))
  const used = new Set(cases.map(({ file }) => file))
  expect(files.filter(file => !used.has(file))).toEqual([tagNames.layout])
  expect(new Set(cases.map(({ verdict }) => verdict))).toEqual(
    new Set(['accept', 'reject', 'sequence']),
  )
})

const tagNames: {
  readonly layout: string
  readonly manifest_digest: string
  readonly names: readonly { name: string; verdict: string; file_name?: string }[]
  readonly references: readonly { ref: string; verdict: string; reason?: string }[]
} = readJson(join(directory, 'tag-names.json'))

describe('tags', () => {
  const source = () => `oci:${unpackTar(join(directory, tagNames.layout))}`

  test.each(tagNames.names)('$name: $verdict', async ({ name, verdict, file_name }) => {
    const repository = await temporaryRepository()
    if (verdict === 'reject') {
      await expect(pull(repository, source(), { ...OPTIONS, tag: name })).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_OCI_BAD_TAG' }),
      )
      expect(visibleNames(repository)).toEqual([])
      return
    }
    await pull(repository, source(), { ...OPTIONS, tag: name })
    expect(readdirSync(join(repository.path, 'streams/refs/oci'))).toEqual([file_name])
    expect(listTags(repository)).toEqual([{ name, manifest: tagNames.manifest_digest }])
    expect((await openImage(repository, name)).manifest.digest).toBe(tagNames.manifest_digest)
  })

  test.each(tagNames.references)(
    'the reference $ref: $verdict',
    async ({ ref, verdict, reason }) => {
      const repository = await temporaryRepository()
      await pull(repository, source(), { ...OPTIONS, tag: 't' })
      if (verdict === 'accept') {
        expect((await openImage(repository, ref)).manifest.digest).toBe(tagNames.manifest_digest)
      } else {
        const error = await openImage(repository, ref).catch((thrown: unknown) => thrown)
        expect(reasonOf(error)).toBe(reason)
      }
    },
  )
})

interface LayoutImage {
  readonly manifest: string
  readonly config?: string
  readonly diff_ids?: readonly string[]
  readonly subject?: string
}
const repositoryVectors: {
  readonly repos: Readonly<Record<string, { readonly facts: string }>>
  readonly layouts: Readonly<
    Record<string, { file: string; images: Readonly<Record<string, LayoutImage>> | null }>
  >
} = readJson(join(vectorsDirectory, 'repo/index.json'))

const layoutImages = Object.entries(repositoryVectors.layouts).flatMap(
  ([layout, { file, images }]) =>
    Object.entries(images ?? { a: undefined }).map(([tag, image]) => ({
      layout,
      file,
      tag,
      image,
    })),
)

/** Layouts that cfsctl takes and we refuse. */
const REFUSED: Readonly<Record<string, string>> = {
  'bad-blob': 'digest-mismatch',
  'bad-diffid': 'diff-id-mismatch',
  // A hard link with a size: other readers see other entries behind it.
  dialects: 'ambiguous-size',
}

const layoutDirectory = (file: string, layout: string) =>
  join(unpackTar(join(vectorsDirectory, 'repo', file)), layout)

describe('layouts that cfsctl was tested with', () => {
  test.each(layoutImages)('$layout, $tag', async ({ layout, file, tag, image }) => {
    const repository = await temporaryRepository({ versions: [1, 2] })
    const reference = `oci:${layoutDirectory(file, layout)}:${tag}`
    const refusal = REFUSED[layout]
    if (refusal !== undefined) {
      expect(await reasonOfPull(repository, reference)).toBe(refusal)
      await expectNothingVisible(repository)
      return
    }
    const result = await pull(repository, reference, OPTIONS)
    const { manifest } = await openImage(repository, 'pulled')
    expect(manifest.digest).toBe(result.manifestDigest)
    if (image === undefined) return
    expect(result.dockerManifestDigest ?? result.manifestDigest).toBe(image.manifest)
    if (image.config !== undefined) expect(result.configDigest).toBe(image.config)
    if (image.diff_ids !== undefined) {
      expect(result.layers.map(({ diffId }) => diffId)).toEqual(image.diff_ids)
    }
    expect(result.subject).toBe(image.subject ?? null)
  })
})

interface StreamFacts {
  readonly verity: string
  readonly content_type: string
  readonly named_refs: Readonly<Record<string, string>>
}
interface RepositoryFacts {
  readonly streams: Readonly<Record<string, StreamFacts>>
  readonly tags?: Readonly<
    Record<string, { manifest_sha256: string; config_sha256: string; tree_dump?: string }>
  >
}

const ORIGINALS = [
  ['sha256-v1', { algorithm: SHA256, versions: [1] }],
  ['sha512-v1', { algorithm: SHA512, versions: [1] }],
  ['sha256-v2', { algorithm: SHA256, versions: [2] }],
  ['sha256-dual', { algorithm: SHA256, versions: [1, 2] }],
  ['sealed', { algorithm: SHA256, versions: [1] }],
] as const

const originals = ORIGINALS.flatMap(([name, options]) => {
  const { facts } = repositoryVectors.repos[name] ?? { facts: '' }
  const { streams, tags = {} }: RepositoryFacts = readJson(join(vectorsDirectory, 'repo', facts))
  return Object.entries(tags).map(([tag, image]) => ({ name, options, tag, image, streams }))
})

describe('what cfsctl stored, we store', () => {
  test.each(originals)('$name: $tag', async ({ options, tag, image, streams }) => {
    const repository = await temporaryRepository(options)
    const found = layoutImages.find(layout => layout.image?.manifest === image.manifest_sha256)
    if (found === undefined) throw new Error('no layout')
    const reference = `oci:${layoutDirectory(found.file, found.layout)}:${found.tag}`
    const refusal = REFUSED[found.layout]
    if (refusal !== undefined) {
      expect(await reasonOfPull(repository, reference)).toBe(refusal)
      return
    }
    const result = await pull(repository, reference, { ...OPTIONS, tag })
    expect(result.configDigest).toBe(image.config_sha256)
    if (image.tree_dump !== undefined) {
      expect(await dump(repository, tag)).toEqual(image.tree_dump.split('\n').slice(0, -1))
    }
    for (const { id, digest } of repository.streams.list()) {
      const expected = streams[id]
      if (expected === undefined) throw new Error(`cfsctl has no ${id}`)
      const reader = await repository.streams.open(digest)
      const names = Object.keys(expected.named_refs).filter(
        // Boot images are another option of the pull.
        key => !key.startsWith('composefs.image.boot'),
      )
      expect([...reader.namedReferences.keys()].sort()).toEqual(names.sort())
      for (const name of names) {
        // The config that a manifest names has other bytes: its references come in another order.
        if (name.startsWith('config:')) continue
        expect(reader.namedReferences.get(name)?.hex, name).toBe(expected.named_refs[name])
      }
      if (id.startsWith('oci-layer-')) expect(digest.hex).toBe(expected.verity)
    }
  })
})
