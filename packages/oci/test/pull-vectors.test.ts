import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { pull } from '../src/pull/pull.ts'
import { openImage } from '../src/store/open-image.ts'
import { listTags } from '../src/store/tags.ts'
import {
  dumpLines,
  expectFacts,
  expectNothingVisible,
  type ImageFacts,
  imageVectors,
  imageVectorsDirectory,
  reasonOfPull,
  VECTOR_PULL,
} from './image-vectors.ts'
import { temporaryDirectory } from './layout-builder.ts'
import { reasonOf } from './reasons.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { unpackTar } from './unpack-tar.ts'
import { visibleNames } from './visible-names.ts'

const directory = imageVectorsDirectory
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

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

describe.each(FORMS)('vectors by %s', (_, referenceOf) => {
  const reference = (file: string, ref: string | null) =>
    `${referenceOf(join(directory, file))}${ref === null ? '' : `:${ref}`}`

  test.each(imageVectors.filter(({ verdict }) => verdict === 'accept'))(
    '$id: $tests',
    async ({ file, ref, facts }) => {
      const repository = await temporaryRepository({ versions: [1, 2] })
      const result = await pull(repository, reference(file, ref), VECTOR_PULL)
      await expectFacts(repository, result, facts as ImageFacts)
    },
  )

  test.each(imageVectors.filter(({ verdict }) => verdict === 'reject'))(
    '$id: $tests: $reason',
    async ({ file, ref, reason, note }) => {
      const repository = await temporaryRepository()
      const expected = [reason, ...(note?.split(' or ') ?? [])]
      expect(expected).toContain(await reasonOfPull(repository, reference(file, ref)))
      await expectNothingVisible(repository)
    },
  )

  test.each(imageVectors.filter(({ verdict }) => verdict === 'sequence'))(
    '$id: $tests',
    async ({ file, facts }) => {
      const repository = await temporaryRepository({ versions: [1, 2] })
      const source = reference(file, null)
      for (const [tag, verdict, reason] of facts?.sequence ?? []) {
        if (verdict === 'reject') {
          expect(await reasonOfPull(repository, `${source}:${tag}`)).toBe(reason)
          await expectNothingVisible(repository)
        } else {
          const result = await pull(repository, `${source}:${tag}`, VECTOR_PULL)
          await expectFacts(repository, result, facts as ImageFacts)
        }
      }
    },
  )
})

test('no vector is left out', () => {
  const files = readdirSync(directory).filter(name => name.endsWith('.tar'))
  const used = new Set(imageVectors.map(({ file }) => file))
  expect(files.filter(file => !used.has(file))).toEqual([tagNames.layout])
  expect(new Set(imageVectors.map(({ verdict }) => verdict))).toEqual(
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
      await expect(pull(repository, source(), { ...VECTOR_PULL, tag: name })).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_OCI_BAD_TAG' }),
      )
      expect(visibleNames(repository)).toEqual([])
      return
    }
    await pull(repository, source(), { ...VECTOR_PULL, tag: name })
    expect(readdirSync(join(repository.path, 'streams/refs/oci'))).toEqual([file_name])
    expect(listTags(repository)).toEqual([{ name, manifest: tagNames.manifest_digest }])
    expect((await openImage(repository, name)).manifest.digest).toBe(tagNames.manifest_digest)
  })

  test.each(tagNames.references)(
    'the reference $ref: $verdict',
    async ({ ref, verdict, reason }) => {
      const repository = await temporaryRepository()
      await pull(repository, source(), { ...VECTOR_PULL, tag: 't' })
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
    const result = await pull(repository, reference, VECTOR_PULL)
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
    const result = await pull(repository, reference, { ...VECTOR_PULL, tag })
    expect(result.configDigest).toBe(image.config_sha256)
    if (image.tree_dump !== undefined) {
      expect(await dumpLines(repository, tag)).toEqual(image.tree_dump.split('\n').slice(0, -1))
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
