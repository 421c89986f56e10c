import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  type FaultProxy,
  imageDocuments,
  type LayerBlob,
  type ServedManifest,
  type StaticRegistry,
  startFaultProxy,
  startStaticRegistry,
  writeLargeLayer,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, type Outcome, peer, runOurs, runPeer, textOf } from './programs.ts'
import { registryEnvironment } from './registry-environment.ts'
import { startOurs, until } from './running.ts'

const KIB = 1024
const ALWAYS = Number.POSITIVE_INFINITY
const INDEX = 'application/vnd.oci.image.index.v1+json'
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('oci pull from a registry', () => {
  const work = mkdtempSync(join(tmpdir(), 'cfsctl-afar-'))
  const cleanups: (() => unknown)[] = [() => rmSync(work, { recursive: true, force: true })]
  const layers: (LayerBlob & { bytes: Uint8Array })[] = []
  const signature = artifact('signature')
  let image: ReturnType<typeof imageDocuments>
  let server: StaticRegistry
  let proxy: FaultProxy
  let environment: Readonly<Record<string, string>>

  beforeAll(async () => {
    for (let number = 0; number < 3; number++) {
      const path = join(work, `layer-${number}`)
      const plain = writeLargeLayer(path, { size: (100 + 50 * number) * KIB, seed: number })
      const bytes = gzipSync(readFileSync(path))
      const { mediaType, diffId } = plain
      const packed = { digest: sha256(bytes), size: bytes.length, mediaType: `${mediaType}+gzip` }
      layers.push({ path, bytes, diffId, ...packed })
    }
    image = imageDocuments(layers)
    server = await startStaticRegistry()
    cleanups.push(() => server.stop())
    serve()
    proxy = await startFaultProxy({ target: server.url })
    cleanups.push(() => proxy.stop())
    environment = registryEnvironment(work, [proxy.host])
  })
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
  })

  function serve(): void {
    const { manifest: bytes, manifestType: mediaType, manifestDigest: digest } = image
    const signed = signature(image)
    server.serve('app', {
      manifests: new Map<string, ServedManifest>([
        ['t', { bytes, mediaType, digest }],
        [digest, { bytes, mediaType, digest }],
        [signed.digest, signed],
      ]),
      blobs: new Map<string, Uint8Array>([
        [image.configDigest, image.config],
        ...layers.map(({ digest, bytes }) => [digest, bytes] as const),
        ...signed.blobs.map(blob => [sha256(blob), blob] as const),
      ]),
      referrers: new Map([[digest, signed.index]]),
    })
  }

  function newRepository(): string {
    const repository = mkdtempSync(join(work, 'repository-'))
    bytesOf(runOurs(['--repo', repository, 'init', '--insecure']))
    return repository
  }

  async function pull(repository: string, ...words: string[]): Promise<Outcome> {
    const reference = `docker://${proxy.host}/app:t`
    const args = ['--repo', repository, ...words, 'oci', 'pull', reference, 'app']
    return await startOurs(args, environment).ended
  }

  test('tells layers, sizes and the end in plain lines', async () => {
    const { stderr, status } = await pull(newRepository(), '--progress', 'plain')
    expect(status).toBe(0)
    const lines = stderr.trimEnd().split('\n')
    const title = `pull docker://${proxy.host}/app:t`
    expect(lines[0]).toMatch(new RegExp(`^${title}: 3 layers, 45\\d KiB$`))
    const done = lines.slice(1, 4).map(line => line.replace(/ in .* s$/, ''))
    expect(done.toSorted()).toEqual(
      layers
        .map(({ diffId }, i) => `layer ${diffId.slice(7, 19)}: done ${100 + 50 * i} KiB`)
        .toSorted(),
    )
    expect(lines[4]).toMatch(/^making the image, \d+ files$/)
    expect(lines[5]).toMatch(new RegExp(`^${title}: done, 45\\d KiB in .* s$`))
    expect(lines).toHaveLength(6)
  })

  test('tells each new try, and the total never goes back', async () => {
    const [, , last] = layers
    const size = last?.size ?? 0
    proxy.reset([{ path: last?.digest ?? '', fault: { kind: 'reset', after: size >> 1 } }])
    const { stderr, status } = await pull(newRepository(), '--progress', 'json')
    proxy.reset()
    expect(status).toBe(0)
    const frames = stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, Record<string, number>>)
    const totals = frames.flatMap(({ progress }) =>
      progress !== undefined && String(progress.id) === 'total' ? [progress] : [],
    )
    const fetched = totals.map(frame => frame.fetched ?? 0)
    expect(fetched).toEqual(fetched.toSorted((a, b) => a - b))
    expect(new Set(totals.map(({ total }) => total)).size).toBe(1)
    expect(frames.filter(({ notice }) => /try 2 of/.test(String(notice)))).toHaveLength(1)
    expect(frames.at(-1)).toHaveProperty('completed')
  })

  test('keeps blobs, also of an image that is there', async () => {
    const repository = newRepository()
    const plain = JSON.parse(textOf(await pull(repository, '--json')))
    expect(plain.layers.map((layer: { blob_kept: boolean }) => layer.blob_kept)).not.toContain(true)
    const reference = `docker://${proxy.host}/app:t`
    const keep = ['--repo', repository, '--json', 'oci', 'pull', '--keep-blobs', reference, 'app']
    const kept = JSON.parse(textOf(await startOurs(keep, environment).ended))
    expect(kept.layers.map((layer: { blob_kept: boolean }) => layer.blob_kept)).not.toContain(false)
    expect(kept.composefs_erofs).toBe(plain.composefs_erofs)
    const blobs = () => readdirSync(join(repository, 'streams')).filter(n => /^oci-blob-/.test(n))
    expect(blobs()).toEqual(layers.map(({ digest }) => `oci-blob-${digest}`).toSorted())
    for (const { digest, bytes } of layers) {
      const words = ['--repo', repository, 'cat', `oci-blob-${digest}`]
      expect(bytesOf(runOurs(words)).equals(bytes)).toBe(true)
    }
  })

  test.skipIf(peer === undefined)(
    `keeps blobs that the peer leaves alone${peer === undefined ? ': CFSCTL_PEER is not set' : ''}`,
    async () => {
      const repository = newRepository()
      const words = ['--repo', repository, '--json', 'oci', 'pull', '--keep-blobs']
      const reference = `docker://${proxy.host}/app:t`
      const { ended } = startOurs([...words, reference, 'app'], environment)
      const { composefs_erofs: id } = JSON.parse(textOf(await ended))
      expect(textOf(runPeer(['--repo', repository, 'oci', 'fsck']))).toMatch(/oci images: 1\/1 ok/)
      bytesOf(runPeer(['--repo', repository, 'gc']))
      const blobs = readdirSync(join(repository, 'streams')).filter(n => /^oci-blob-/.test(n))
      expect(blobs).toHaveLength(layers.length)
      expect(textOf(runPeer(['--repo', repository, 'oci', 'compute-id', 'app']))).toBe(id)
    },
  )

  test('brings what refers to the image', async () => {
    const repository = newRepository()
    const reference = `docker://${proxy.host}/app:t`
    const words = ['--repo', repository, 'oci', 'pull', '--referrers', reference, 'app']
    const { digest } = signature(image)
    expect(
      textOf(await startOurs(words, environment).ended)
        .split('\n')
        .at(-1),
    ).toBe(`referrer ${digest} test/signature`)
    const again = JSON.parse(textOf(await startOurs(['--json', ...words], environment).ended))
    expect(again.referrers).toEqual([
      {
        manifest_digest: digest,
        subject: image.manifestDigest,
        artifact_type: 'test/signature',
        status: 'present',
      },
    ])
    const inspected = JSON.parse(textOf(runOurs(['--repo', repository, 'oci', 'inspect', 'app'])))
    expect(inspected.referrers).toEqual([digest])
  })

  test.each([1, 3])('fetches as many layers at once as --jobs says: %i', async jobs => {
    const blobs = layers.map(({ digest }) => digest)
    proxy.reset(
      blobs.map(path => ({ path, times: ALWAYS, fault: { kind: 'stall', after: KIB } as const })),
    )
    const words = ['--repo', newRepository(), '--jobs', String(jobs), 'oci', 'pull']
    const running = startOurs([...words, `docker://${proxy.host}/app:t`], environment)
    const asked = () => blobs.filter(digest => proxy.sentBytes(digest) > 0).length
    await until(() => asked() >= jobs)
    // Long enough for one more, if there were one.
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(asked()).toBe(jobs)
    running.child.kill('SIGINT')
    const { status, stderr } = await running.ended
    expect(status).toBe(130)
    expect(stderr).toContain('error: interrupted')
    proxy.reset()
  })

  test('says after a signal what stays, and the next pull fetches no more than the rest', async () => {
    const repository = newRepository()
    const [, , last] = layers
    const path = last?.digest ?? ''
    proxy.reset([{ path, times: ALWAYS, fault: { kind: 'stall', after: KIB } }])
    const reference = `docker://${proxy.host}/app:t`
    const running = startOurs(['--repo', repository, 'oci', 'pull', reference, 'app'], environment)
    const streams = join(repository, 'streams')
    const stored = () => (existsSync(streams) ? readdirSync(streams).length : 0)
    await until(() => stored() === 2 && proxy.sentBytes(path) > 0)
    running.child.kill('SIGTERM')
    const { status, stderr } = await running.ended
    expect(status).toBe(143)
    expect(stderr).toContain('notice: 2 of 3 layers are stored; another pull goes on from there')
    proxy.reset()
    const again = JSON.parse(textOf(await pull(repository, '--json')))
    expect(again.layers.map((layer: { status: string }) => layer.status)).toEqual([
      'present',
      'present',
      'fetched',
    ])
    expect(again.stats.bytes_fetched).toBe(last?.size)
  })
})

/** Something about an image, as a registry lists it. */
function artifact(text: string) {
  return (image: ReturnType<typeof imageDocuments>) => {
    const blobs = [Buffer.from('{}'), Buffer.from(text)] as const
    const describe = (blob: Uint8Array, mediaType: string) => ({
      mediaType,
      digest: sha256(blob),
      size: blob.length,
    })
    const mediaType = image.manifestType
    const bytes = json({
      schemaVersion: 2,
      mediaType,
      artifactType: 'test/signature',
      config: describe(blobs[0], 'application/vnd.oci.empty.v1+json'),
      layers: [describe(blobs[1], 'text/plain')],
      subject: describe(image.manifest, mediaType),
    })
    const index = json({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [{ ...describe(bytes, mediaType), artifactType: 'test/signature' }],
    })
    return { bytes, mediaType, digest: sha256(bytes), blobs, index }
  }
}
