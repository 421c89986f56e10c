import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  type Answer,
  type FakeServer,
  openFake,
  refuse,
  reply,
  startServer,
} from './fake-registry.ts'
import { thrownBy } from './thrown.ts'

const manifest = reply(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }, '{}')
const index = (manifests: readonly object[]): Answer =>
  reply(
    200,
    { 'content-type': 'application/vnd.oci.image.index.v1+json' },
    JSON.stringify({ schemaVersion: 2, manifests }),
  )
const content = Buffer.alloc(200_000, 3)
const blob = {
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  size: content.length,
}

/** A registry with mirrors, by what they answer. */
async function openMirrored(
  upstream: FakeServer,
  ...mirrors: readonly { readonly host: string }[]
) {
  const tables = mirrors.map(
    ({ host }) => `[[registry.mirror]]\nlocation = "${host}/cache"\ninsecure = true\n`,
  )
  const conf = `[[registry]]\nlocation = "${upstream.host}"\ninsecure = true\n${tables.join('')}`
  const credentials = { username: 'user', password: 'hunter2' }
  return openFake(upstream, {
    conf,
    tlsVerify: undefined,
    retries: 0,
    credentials,
    idleTimeoutMs: 300,
  })
}

describe('mirrors', () => {
  test('are asked first, under their own names', async () => {
    const upstream = await startServer(manifest)
    const mirror = await startServer(manifest)
    const remote = await openMirrored(upstream, mirror)
    await remote.getManifest('t')
    expect(mirror.paths()).toEqual(['/v2/cache/a/b/manifests/t'])
    expect(upstream.seen).toEqual([])
  })

  test.each<[string, Answer]>([
    ['missing', refuse(404, 'MANIFEST_UNKNOWN')],
    ['refused', refuse(401, 'UNAUTHORIZED')],
    ['out of order', reply(503)],
    ['silent', () => {}],
  ])('%s: the next one is asked', async (_, answer) => {
    const upstream = await startServer(manifest)
    const first = await startServer(answer)
    const second = await startServer(answer)
    const remote = await openMirrored(upstream, first, second)
    await remote.getManifest('t')
    expect(upstream.paths()).toEqual(['/v2/a/b/manifests/t'])
    expect(second.seen.length).toBeGreaterThan(0)
  })

  test('that do not answer are not asked again; those that lack something are', async () => {
    const upstream = await startServer(manifest)
    const lacking = await startServer(refuse(404, 'MANIFEST_UNKNOWN'))
    const remote = await openMirrored(upstream, { host: '127.0.0.1:1' }, lacking)
    for (let i = 0; i < 3; i++) await remote.getManifest('t')
    expect(upstream.paths()).toHaveLength(3)
    expect(lacking.paths()).toHaveLength(3)
  })

  test('do not get the password of the registry', async () => {
    const upstream = await startServer(manifest)
    const mirror = await startServer(reply(401, { 'www-authenticate': 'Basic realm="r"' }))
    const remote = await openMirrored(upstream, mirror)
    await remote.getManifest('t')
    expect(mirror.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  test('a blob that breaks at one goes on at the next', async () => {
    const upstream = await startServer((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? -1)
      if (start < 0) return response.end()
      const range = `bytes ${start}-${blob.size - 1}/${blob.size}`
      return response.writeHead(206, { 'content-range': range }).end(content.subarray(start))
    })
    const mirror = await startServer(({ path }, response) => {
      if (path === '/v2/') return response.end()
      response.writeHead(200, { 'content-length': blob.size })
      return response.write(content.subarray(0, 70_000), () => response.destroy())
    })
    const remote = await openMirrored(upstream, mirror)
    const chunks: Uint8Array[] = []
    for await (const chunk of remote.getBlob(blob)) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    expect(upstream.seen.at(-1)?.headers.range).toBe('bytes=70000-')
  })

  test('all that failed is told, the registry itself first', async () => {
    const upstream = await startServer(refuse(404, 'NAME_UNKNOWN'))
    const mirror = await startServer(reply(503))
    const remote = await openMirrored(upstream, mirror)
    const error = await thrownBy(remote.getManifest('t'))
    expect(error).toMatchObject({
      code: 'ERR_REGISTRY_NOT_FOUND',
      facts: { registry: upstream.host },
    })
    expect(error.message).toMatch(
      new RegExp(`^${upstream.host}.*404.*mirrors: ${mirror.host}.*503`),
    )
  })

  test('without referrers or a tag leave the word to the registry', async () => {
    const entry = { digest: blob.digest, size: 1, mediaType: 'x/y' }
    const upstream = await startServer(index([entry]))
    const mirror = await startServer(index([]))
    const remote = await openMirrored(upstream, mirror)
    const { bytes } = await remote.getReferrers(blob.digest)
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ manifests: [entry] })
    expect(mirror.paths()).toHaveLength(1)
  })
})
