import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, vectorsDirectory } from '@composefs/test-fixtures'
import {
  imageDocuments,
  registryUnavailable,
  type ServedRepository,
  type StaticRegistry,
  serveLayout,
  startRegistry,
  startStaticRegistry,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isOciError } from '../src/errors.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import {
  expectFacts,
  expectNothingVisible,
  type ImageFacts,
  type ImageVector,
  imageVectors,
  imageVectorsDirectory,
  reasonOfPull,
  VECTOR_PULL,
} from './image-vectors.ts'
import { registryHome } from './registry-home.ts'
import { reasonOfCode } from './tar-vectors.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { unpackTar } from './unpack-tar.ts'
import { contentDigest } from './visible-names.ts'

/** Cases about the files of a layout, which a registry does not have. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'no-oci-layout-file': 'there is no oci-layout',
  'err-layout-version': 'there is no oci-layout',
  'err-json-index': 'there is no index.json',
  'tag-twice': 'a tag is one manifest',
  'ok-tag-with-slash': 'a tag has no slash',
}

/** Cases whose reason has another name here. */
const OTHER_REASONS: Readonly<Record<string, string>> = {
  'err-tag-missing': 'not-in-registry',
  'err-manifest-missing': 'not-in-registry',
  // No descriptor says how long the manifest of a tag is, but its digest is known.
  'err-manifest-longer': 'digest-mismatch',
}

const vectors = imageVectors.filter(({ id }) => !(id in LEFT_OUT))
const withVerdict = (wanted: ImageVector['verdict'], list = vectors) =>
  list.filter(({ verdict }) => verdict === wanted)

test('what is left out is among the cases', () => {
  expect(imageVectors.length - vectors.length).toBe(Object.keys(LEFT_OUT).length)
})

const layoutOf = ({ file }: ImageVector): ServedRepository =>
  serveLayout(unpackTar(join(imageVectorsDirectory, file)))

const home = registryHome()
let server: StaticRegistry
let options: PullOptions
/** Speaks plain HTTP to the two registries of this file. */
const useHosts = (...hosts: string[]) => {
  options = { ...VECTOR_PULL, registry: home.options(hosts) }
}
beforeAll(async () => {
  server = await startStaticRegistry()
  useHosts(server.host)
})
afterAll(() => server.stop())

async function expectAccepted(name: string, { facts }: ImageVector): Promise<void> {
  const repository = await temporaryRepository({ versions: [1, 2] })
  await expectFacts(repository, await pull(repository, name, options), facts as ImageFacts)
}

describe('image vectors, by a server that checks nothing', () => {
  test.each(withVerdict('accept'))('$id: $tests', async vector => {
    const { id, ref } = vector
    const layout = layoutOf(vector)
    server.serve(id, layout)
    const digest = layout.manifests.get(String(ref))?.digest
    for (const reference of [`:${ref}`, `@${digest}`, `:${ref}@${digest}`]) {
      await expectAccepted(`docker://${server.host}/${id}${reference}`, vector)
    }
  })

  test.each(withVerdict('reject'))('$id: $tests: $reason', async vector => {
    const { id, ref, reason, note } = vector
    server.serve(id, layoutOf(vector))
    const repository = await temporaryRepository()
    const name = `docker://${server.host}/${id}:${ref}`
    const expected = [OTHER_REASONS[id] ?? reason, ...(note?.split(' or ') ?? [])]
    expect(expected).toContain(await reasonOfPull(repository, name, options))
    await expectNothingVisible(repository)
  })

  test.each(withVerdict('sequence'))('$id: $tests', async vector => {
    const { id, facts } = vector
    server.serve(id, layoutOf(vector))
    const repository = await temporaryRepository({ versions: [1, 2] })
    for (const [tag, verdict, reason] of facts?.sequence ?? []) {
      const name = `docker://${server.host}/${id}:${tag}`
      if (verdict === 'reject') {
        expect(await reasonOfPull(repository, name, options)).toBe(reason)
        await expectNothingVisible(repository)
      } else {
        const result = await pull(repository, name, options)
        await expectFacts(repository, result, facts as ImageFacts)
      }
    }
  })
})

/** Good images that Debian's registry does not store. */
const NOT_STORED: Readonly<Record<string, string>> = {
  // It has no manifests of other platforms.
  'index-per-platform-index': 'MANIFEST_BLOB_UNKNOWN',
}

const unavailable = registryUnavailable()
describe.skipIf(unavailable !== undefined)(
  `image vectors, by a real registry${unavailable === undefined ? '' : `: ${unavailable}`}`,
  () => {
    let registry: TestRegistry
    beforeAll(async () => {
      registry = await startRegistry()
      useHosts(server.host, registry.host)
    })
    afterAll(() => registry.stop())

    test.each(withVerdict('accept'))('$id: $tests', async vector => {
      const { id, ref } = vector
      const pushed = await store(registry, id, layoutOf(vector)).catch(String)
      if (id in NOT_STORED) {
        expect(pushed).toContain(NOT_STORED[id])
        return
      }
      expect(pushed).toBeUndefined()
      await expectAccepted(`docker://${registry.host}/${id}:${ref}`, vector)
    })
  },
)

/** Puts in all blobs that are what their digest says, then manifests from the innermost to those with tags. */
async function store(
  { pusher }: TestRegistry,
  name: string,
  { blobs, manifests }: ServedRepository,
): Promise<void> {
  for (const [digest, path] of blobs) {
    if (digest.startsWith('sha256:') && !manifests.has(digest)) {
      await pusher.blob(name, new Uint8Array(readFileSync(String(path))))
    }
  }
  // A manifest is taken once all that it names is there.
  let waiting = [...manifests]
  while (waiting.length > 0) {
    const left: typeof waiting = []
    let refusal: unknown
    for (const [reference, manifest] of waiting) {
      try {
        await pusher.manifest(name, reference, manifest)
      } catch (error) {
        refusal = error
        left.push([reference, manifest])
      }
    }
    if (left.length === waiting.length) throw refusal
    waiting = left
  }
}

interface CompressionVector {
  readonly id: string
  readonly file: string
  readonly media_type: string
  readonly size: number
  readonly descriptor_digest: string
  readonly verdict: 'accept' | 'reject'
  readonly reason?: string
  readonly diff_id?: string
  readonly claimed_diff_id?: string
  readonly tests: string
}

const compression: {
  readonly standard: { readonly diff_id: string }
  readonly cases: readonly CompressionVector[]
} = JSON.parse(readFileSync(join(vectorsDirectory, 'compression/index.json'), 'utf8'))

describe('compression vectors as the second layer of an image', () => {
  test.each(compression.cases)('$id: $tests: $verdict', async vector => {
    const { id, file, media_type: mediaType, size, verdict } = vector
    const diffId = vector.claimed_diff_id ?? vector.diff_id ?? compression.standard.diff_id
    const base = await buildTar([{ name: 'usr/', type: 'directory' }])
    const baseDigest = `sha256:${createHash('sha256').update(base).digest('hex')}`
    const image = imageDocuments([
      {
        digest: baseDigest,
        diffId: baseDigest,
        size: base.length,
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
      },
      { digest: vector.descriptor_digest, diffId, size, mediaType },
    ])
    server.serve(id, {
      manifests: new Map([['t', { bytes: image.manifest, mediaType: image.manifestType }]]),
      blobs: new Map<string, Uint8Array | string>([
        [image.configDigest, image.config],
        [baseDigest, base],
        [vector.descriptor_digest, join(vectorsDirectory, 'compression', file)],
      ]),
    })
    const name = `docker://${server.host}/${id}:t`
    const repository = await temporaryRepository()
    if (verdict === 'accept') {
      const { layers } = await pull(repository, name, options)
      expect(layers.map(layer => layer.diffId)).toEqual([baseDigest, vector.diff_id])
      expect(await contentDigest(repository, `oci-layer-${diffId}`)).toBe(vector.diff_id)
      return
    }
    const error = await pull(repository, name, options).catch((thrown: unknown) => thrown)
    if (!isOciError(error)) throw error
    expect(reasonOfCode(error.code)).toBe(vector.reason)
    expect(error.facts.layer).toBe(2)
    await expectNothingVisible(repository)
  })
})
