import { describe, expect, test } from 'vitest'
import { inTurn, openFake, refuse, reply, startServer } from './fake-registry.ts'
import { sha256, startUploadRegistry } from './upload-registry.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const SUBJECT = `sha256:${'5'.repeat(64)}`
const TAG = `sha256-${'5'.repeat(64)}`

function manifest(more: object = {}) {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...more })
  return { text, bytes: Buffer.from(text), mediaType: MANIFEST, digest: sha256(text) }
}

describe('a manifest', () => {
  test('is put under its tag or digest', async () => {
    const registry = await startUploadRegistry()
    const { text, digest, ...document } = manifest()
    expect(await registry.remote.putManifest('t', document)).toBe(digest)
    expect(await registry.remote.putManifest(digest, document)).toBe(digest)
    expect(registry.manifests).toEqual(
      new Map([
        ['t', text],
        [digest, text],
      ]),
    )
    expect(registry.seen.at(-1)?.headers).toMatchObject({ 'content-type': MANIFEST })
  })

  test('is refused under another digest', async () => {
    const registry = await startUploadRegistry()
    await expect(registry.remote.putManifest(SUBJECT, manifest())).rejects.toThrow(TypeError)
    expect(registry.paths()).toEqual([])
  })

  test('is not what the registry says it has stored', async () => {
    const registry = await startUploadRegistry(({ method }) =>
      method === 'PUT' ? reply(201, { 'docker-content-digest': SUBJECT }) : undefined,
    )
    await expect(registry.remote.putManifest('t', manifest())).rejects.toMatchObject({
      code: 'ERR_REGISTRY_DIGEST_MISMATCH',
      facts: { actual: SUBJECT },
    })
  })

  test('that lacks a blob is refused in the words of the registry', async () => {
    const registry = await startUploadRegistry(({ method }) =>
      method === 'PUT' ? refuse(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown') : undefined,
    )
    await expect(registry.remote.putManifest('t', manifest())).rejects.toMatchObject({
      code: 'ERR_REGISTRY_REFUSED',
      facts: { registryCode: 'MANIFEST_BLOB_UNKNOWN' },
    })
  })
})

describe('a manifest with a subject', () => {
  const options = { subject: SUBJECT, artifactType: 'application/x', annotations: { a: 'b' } }
  const entryOf = ({ digest, bytes }: ReturnType<typeof manifest>) => ({
    mediaType: MANIFEST,
    digest,
    size: bytes.length,
    artifactType: 'application/x',
    annotations: { a: 'b' },
  })

  test('is known to a registry that says so', async () => {
    const headers = { 'oci-subject': SUBJECT }
    const registry = await startUploadRegistry(undefined, { headers })
    await registry.remote.putManifest('t', manifest(), options)
    expect([...registry.manifests.keys()]).toEqual(['t'])
  })

  test('is listed under a tag otherwise, once, beside the others', async () => {
    const registry = await startUploadRegistry()
    const other = { mediaType: MANIFEST, digest: `sha256:${'6'.repeat(64)}`, size: 1 }
    const before = { schemaVersion: 2, mediaType: INDEX, manifests: [other] }
    registry.manifests.set(TAG, JSON.stringify(before))
    const many = [manifest({ n: 1 }), manifest({ n: 2 }), manifest({ n: 1 })]
    await Promise.all(
      many.map(document => registry.remote.putManifest(document.digest, document, options)),
    )
    const { manifests, ...index } = JSON.parse(registry.manifests.get(TAG) ?? '')
    expect(index).toEqual({ schemaVersion: 2, mediaType: INDEX })
    expect(manifests[0]).toEqual(other)
    const added = many.slice(0, 2).map(entryOf)
    expect(manifests).toHaveLength(3)
    expect(manifests).toEqual(expect.arrayContaining(added))
  })

  test('is found again', async () => {
    const registry = await startUploadRegistry(({ path }) =>
      path.includes('/referrers/') ? reply(404) : undefined,
    )
    const document = manifest()
    await registry.remote.putManifest(document.digest, document, options)
    const { bytes } = await registry.remote.getReferrers(SUBJECT)
    expect(JSON.parse(Buffer.from(bytes).toString()).manifests).toEqual([entryOf(document)])
  })
})

describe('a blob without its bytes', () => {
  const blob = { digest: sha256('x'), size: 1 }

  test.each([
    ['is there', [reply(200, { 'content-length': '1' })], 'present', ['HEAD']],
    ['is mounted', [reply(404), reply(201)], 'mounted', ['HEAD', 'POST']],
    [
      'is in the second place',
      [reply(404), refuse(404, 'NAME_UNKNOWN'), reply(201)],
      'mounted',
      ['HEAD', 'POST', 'POST'],
    ],
    [
      'is to be uploaded, which is given up',
      [
        reply(404),
        reply(202, { location: '/v2/a/b/blobs/uploads/1' }),
        reply(204),
        refuse(403, 'DENIED'),
      ],
      undefined,
      ['HEAD', 'POST', 'DELETE', 'POST'],
    ],
  ])('%s', async (_, answers, expected, methods) => {
    const server = await startServer(inTurn(...answers))
    const remote = await openFake(server)
    expect(await remote.adoptBlob(blob, { from: ['a/b', 'c/d', 'e/f'] })).toBe(expected)
    const asked = server.seen.filter(({ path }) => path !== '/v2/')
    expect(asked.map(({ method }) => method)).toEqual(methods)
    const mounts = asked.filter(({ method }) => method === 'POST').map(({ path }) => path)
    const query = `mount=${encodeURIComponent(blob.digest)}`
    expect(mounts).toEqual(
      ['c%2Fd', 'e%2Ff']
        .slice(0, mounts.length)
        .map(from => `/v2/a/b/blobs/uploads/?${query}&from=${from}`),
    )
  })

  test('is asked for of the registry that is broken', async () => {
    const server = await startServer(inTurn(reply(500)))
    const remote = await openFake(server, { retries: 0 })
    await expect(remote.adoptBlob(blob)).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAVAILABLE' })
  })
})
