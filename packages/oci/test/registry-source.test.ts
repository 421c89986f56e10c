import { createHash } from 'node:crypto'
import {
  type ServedManifest,
  type StaticRegistry,
  startStaticRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Descriptor } from '../src/document/descriptor.ts'
import { parsePlatform } from '../src/document/platform.ts'
import type { ImageSource } from '../src/source/image-source.ts'
import { openRegistryImage } from '../src/source/registry-source.ts'
import { registryHome } from './registry-home.ts'

const OCI = 'application/vnd.oci.image'
const MANIFEST = `${OCI}.manifest.v1+json`
const INDEX = `${OCI}.index.v1+json`
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

interface Document {
  readonly bytes: Uint8Array
  readonly digest: string
  readonly size: number
  readonly mediaType: string
}

function document(mediaType: string, value: unknown): Document {
  const bytes = Buffer.from(JSON.stringify(value))
  return { bytes, digest: sha256(bytes), size: bytes.length, mediaType }
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

const named = ({ mediaType, digest, size }: Document) => ({ mediaType, digest, size })

function config(architecture: string): Document {
  return document(`${OCI}.config.v1+json`, {
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
  })
}

function image(architecture: string, mediaType: string | undefined = MANIFEST): Document {
  const type = mediaType ?? MANIFEST
  return document(type, {
    schemaVersion: 2,
    ...(mediaType === undefined ? {} : { mediaType }),
    config: named(config(architecture)),
    layers: [],
  })
}

const AMD64 = parsePlatform('linux/amd64')
const ARM64 = parsePlatform('linux/arm64')
const amd64 = image('amd64')
const arm64 = image('arm64')
const plain = document(MANIFEST, { schemaVersion: 2, config: named(config('amd64')), layers: [] })
const artifact = document(MANIFEST, {
  schemaVersion: 2,
  mediaType: MANIFEST,
  artifactType: 'text/x',
  config: named(document('application/vnd.oci.empty.v1+json', {})),
  layers: [],
  subject: named(amd64),
})
const index = document(INDEX, {
  schemaVersion: 2,
  mediaType: INDEX,
  manifests: [
    { ...named(arm64), platform: { os: 'linux', architecture: 'arm64' } },
    { ...named(amd64), platform: { os: 'linux', architecture: 'amd64' } },
  ],
})
const outer = document(INDEX, { schemaVersion: 2, manifests: [named(index), named(amd64)] })
const blob = Buffer.from('a layer of some kind')

describe('an image in a registry', () => {
  const home = registryHome()
  let server: StaticRegistry
  beforeAll(async () => {
    server = await startStaticRegistry()
    const all = [amd64, arm64, artifact, index, outer]
    const served = (bytes: Uint8Array, mediaType: string): ServedManifest => ({ bytes, mediaType })
    const docker = image('amd64', DOCKER_MANIFEST)
    const tags: readonly (readonly [string, ServedManifest])[] = [
      ['amd64', served(amd64.bytes, MANIFEST)],
      ['arm64', served(arm64.bytes, MANIFEST)],
      ['latest', served(amd64.bytes, MANIFEST)],
      ['index', served(index.bytes, INDEX)],
      ['outer', served(outer.bytes, INDEX)],
      ['artifact', served(artifact.bytes, MANIFEST)],
      ['charset', served(amd64.bytes, `${MANIFEST}; charset=utf-8`)],
      ['octets', served(amd64.bytes, 'application/octet-stream')],
      ['docker', served(docker.bytes, 'application/json')],
      ['lying', served(amd64.bytes, INDEX)],
      ['plain', served(plain.bytes, 'application/octet-stream')],
      ['schema1', served(Buffer.from('{"schemaVersion":1}'), `${DOCKER_MANIFEST}-1`)],
      ['html', served(Buffer.from('<html>'), 'text/html')],
    ]
    server.serve('app', {
      manifests: new Map([
        ...all.map(({ digest, bytes, mediaType }) => [digest, { bytes, mediaType }] as const),
        ...tags,
      ]),
      blobs: new Map([
        ...[config('amd64'), config('arm64')].map(({ digest, bytes }) => [digest, bytes] as const),
        [sha256(blob), blob],
      ]),
      referrers: new Map([
        [
          amd64.digest,
          Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [named(artifact)] })),
        ],
      ]),
    })
  })
  afterAll(() => server.stop())
  let before = 0
  beforeEach(() => {
    before = server.requests.length
  })

  /** Requests of this test for something, such as `/blobs/`. */
  const requests = (part: string) =>
    server.requests.slice(before).filter(request => request.includes(part))

  const opened = (version: string, platform = AMD64): Promise<ImageSource> =>
    openRegistryImage(`${server.host}/app${version}`, {
      platform,
      registry: home.options([server.host], { retries: 0 }),
    })

  async function chosen(version: string, platform = AMD64): Promise<string> {
    await using source = await opened(version, platform)
    return (await source.manifest()).digest
  }

  test.each([
    ['', AMD64, amd64],
    [':amd64', AMD64, amd64],
    [':arm64', ARM64, arm64],
    [':index', AMD64, amd64],
    [':index', ARM64, arm64],
    [':outer', ARM64, arm64],
    [`@${index.digest}`, ARM64, arm64],
    [`@${arm64.digest}`, ARM64, arm64],
    [`:amd64@${arm64.digest}`, ARM64, arm64],
    [`:none@${amd64.digest}`, AMD64, amd64],
    [':artifact', ARM64, artifact],
    [':charset', AMD64, amd64],
    [':octets', AMD64, amd64],
    [':plain', AMD64, plain],
    [':docker', AMD64, image('amd64', DOCKER_MANIFEST)],
  ])('%s for %j', async (version, platform, { digest }) => {
    expect(await chosen(version, platform)).toBe(digest)
  })

  test.each([
    [':arm64', AMD64, 'ERR_OCI_NO_MATCHING_PLATFORM'],
    [`@${arm64.digest}`, AMD64, 'ERR_OCI_NO_MATCHING_PLATFORM'],
    [':index', parsePlatform('linux/s390x'), 'ERR_OCI_NO_MATCHING_PLATFORM'],
    [':none', AMD64, 'ERR_REGISTRY_NOT_FOUND'],
    [`@sha256:${'0'.repeat(64)}`, AMD64, 'ERR_REGISTRY_NOT_FOUND'],
    [`@sha512:${'0'.repeat(128)}`, AMD64, 'ERR_OCI_UNSUPPORTED_DIGEST'],
    [':lying', AMD64, 'ERR_OCI_MEDIA_TYPE_MISMATCH'],
    [':schema1', AMD64, 'ERR_OCI_UNSUPPORTED_MEDIA_TYPE'],
    [':html', AMD64, 'ERR_OCI_BAD_JSON'],
  ])('not %s for %j: %s', async (version, platform, code) => {
    await expect(chosen(version, platform)).rejects.toMatchObject({ code })
  })

  test('that is named by its digest needs no platform', async () => {
    const registry = home.options([server.host])
    await using source = await openRegistryImage(`${server.host}/app@${arm64.digest}`, { registry })
    expect((await source.manifest()).digest).toBe(arm64.digest)
  })

  test('without a registry is refused, with those that are searched', async () => {
    const registry = home.options([])
    await expect(openRegistryImage('app:1', { registry })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNQUALIFIED',
      facts: { choices: ['docker.io/library/app:1'] },
    })
  })

  test('says what it is, and asks for nothing before', async () => {
    await using source = await opened(':index')
    expect(source.description).toBe(`docker://${server.host}/app:index`)
    expect(source.isLocal).toBe(false)
    expect(requests('')).toEqual([])
  })

  test('lists its manifests, and asks for its index once', async () => {
    await using source = await opened(':outer')
    const digests = (await source.manifests?.())?.map(({ digest }) => digest)
    expect(digests).toEqual([arm64.digest, amd64.digest])
    await source.manifest()
    expect(requests('/manifests/outer')).toHaveLength(1)
    await using single = await opened(':amd64')
    expect(await single.manifests?.()).toMatchObject([{ digest: amd64.digest, size: amd64.size }])
  })

  test('has referrers', async () => {
    await using source = await opened(':amd64')
    expect(await source.referrers?.(amd64.digest)).toMatchObject([{ digest: artifact.digest }])
    expect(await source.referrers?.(arm64.digest)).toEqual([])
  })

  const descriptor = (more: Partial<Descriptor>): Descriptor => ({
    mediaType: 'application/octet-stream',
    digest: sha256(blob),
    size: blob.length,
    urls: [],
    annotations: new Map(),
    ...more,
  })

  async function read(more: Partial<Descriptor>): Promise<Buffer> {
    await using source = await opened(':amd64')
    const chunks: Uint8Array[] = []
    for await (const chunk of source.blob(descriptor(more))) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  test('has blobs, manifests among them', async () => {
    expect(await read({})).toEqual(blob)
    expect(await read(named(index))).toEqual(Buffer.from(index.bytes))
    expect(requests('/blobs/')).toHaveLength(1)
    expect(requests(`/manifests/${index.digest}`)).toHaveLength(1)
  })

  test('has blobs in its descriptors', async () => {
    const data = (bytes: Uint8Array) => ({ data: Buffer.from(bytes).toString('base64') })
    expect(await read(data(blob))).toEqual(blob)
    expect(await read({ ...named(index), ...data(index.bytes) })).toEqual(Buffer.from(index.bytes))
    expect(requests('')).toEqual([])
    // What does not fit stands for nothing.
    expect(await read(data(Buffer.from('x')))).toEqual(blob)
  })

  test.each([
    [{ digest: `sha256:${'0'.repeat(64)}` }, 'ERR_OCI_MISSING_BLOB'],
    [{ digest: `sha384:${'0'.repeat(96)}` }, 'ERR_OCI_UNSUPPORTED_DIGEST'],
    [{ size: blob.length + 1 }, 'ERR_OCI_SIZE_MISMATCH'],
    [{ size: blob.length - 1 }, 'ERR_OCI_SIZE_MISMATCH'],
    [{ ...named(index), size: index.size + 1 }, 'ERR_OCI_SIZE_MISMATCH'],
    [{ ...named(index), digest: sha256(blob) }, 'ERR_REGISTRY_NOT_FOUND'],
  ])('has no blob %j: %s', async (more, code) => {
    await expect(read(more)).rejects.toMatchObject({ code })
  })

  test('never fetches a URL of a descriptor', async () => {
    const urls = [`${server.url}/v2/app/blobs/${sha256(blob)}`]
    const digest = `sha256:${'0'.repeat(64)}`
    await expect(read({ digest, urls })).rejects.toMatchObject({
      code: 'ERR_OCI_MISSING_BLOB',
      message: expect.stringContaining(`only the URL ${urls[0]}, which is never fetched`),
    })
    expect(requests(sha256(blob))).toEqual([])
  })
})
