import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Answer, inTurn, openFake, refuse, reply, startServer } from './fake-registry.ts'
import { thrownBy } from './thrown.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const bytes = new TextEncoder().encode('{"schemaVersion":2,"layers":[]}')
const sha256 = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const sha512 = `sha512:${createHash('sha512').update(bytes).digest('hex')}`
const other = `sha256:${'0'.repeat(64)}`
const headers = { 'content-type': `${MANIFEST}; charset=utf-8`, 'docker-content-digest': sha256 }
const good = reply(200, headers, bytes)

describe('manifests', () => {
  test('by tag and by digest, with the media types that are known', async () => {
    const server = await startServer(inTurn(good))
    const remote = await openFake(server)
    for (const name of ['t', sha256, sha512]) {
      const { mediaType, digest, bytes: got } = await remote.getManifest(name)
      expect({ mediaType, digest }).toEqual({
        mediaType: MANIFEST,
        digest: name === 't' ? sha256 : name,
      })
      expect(Buffer.from(got).equals(bytes)).toBe(true)
    }
    expect(server.paths()).toEqual(['t', sha256, sha512].map(name => `/v2/a/b/manifests/${name}`))
    expect(server.seen.at(-1)?.headers).toMatchObject({
      accept: expect.stringContaining('application/vnd.docker.distribution.manifest.list.v2+json'),
      'user-agent': expect.stringContaining('composefs'),
    })
  })

  test.each<[string, string, readonly Answer[], string, number, object]>([
    ['other bytes once', sha256, [reply(200, headers, '{}'), good], '', 2, {}],
    [
      'other bytes always',
      sha256,
      [reply(200, headers, '{}')],
      'ERR_REGISTRY_DIGEST_MISMATCH',
      4,
      { digest: sha256, expected: sha256, tries: 4 },
    ],
    [
      'another digest than the registry names',
      't',
      [reply(200, { ...headers, 'docker-content-digest': other }, bytes)],
      'ERR_REGISTRY_DIGEST_MISMATCH',
      4,
      { expected: other, actual: sha256 },
    ],
    [
      'no digest of the registry',
      't',
      [reply(200, { 'content-type': MANIFEST }, bytes)],
      '',
      1,
      {},
    ],
    [
      'a missing one',
      't',
      [refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown')],
      'ERR_REGISTRY_NOT_FOUND',
      1,
      { status: 404, registryCode: 'MANIFEST_UNKNOWN', method: 'GET', tries: 1, repository: 'a/b' },
    ],
    [
      'one that was refused',
      't',
      [refuse(403, 'DENIED', 'no')],
      'ERR_REGISTRY_UNAUTHORIZED',
      1,
      { status: 403 },
    ],
    ['a teapot', 't', [reply(418)], 'ERR_REGISTRY_REFUSED', 1, { status: 418 }],
    ['an answer without content', 't', [reply(204)], 'ERR_REGISTRY_PROTOCOL', 1, { status: 204 }],
    ['not implemented', 't', [reply(501)], 'ERR_REGISTRY_UNAVAILABLE', 1, { status: 501 }],
    ['500 and 408, then fine', 't', [reply(500), reply(408), good], '', 3, {}],
    [
      'too many requests',
      't',
      [reply(429)],
      'ERR_REGISTRY_TOO_MANY_REQUESTS',
      4,
      { status: 429, tries: 4 },
    ],
    [
      'a reset, then fine',
      't',
      [(_, response) => response.socket?.resetAndDestroy(), good],
      '',
      2,
      {},
    ],
    [
      'a body that is cut, then fine',
      't',
      [
        (_, response) => {
          response.writeHead(200, { ...headers, 'content-length': bytes.length })
          response.write(bytes.subarray(0, 9), () => response.destroy())
        },
        good,
      ],
      '',
      2,
      {},
    ],
    [
      'more than may be, by its length',
      't',
      [reply(200, { ...headers, 'content-length': `${5 << 20}` })],
      'ERR_REGISTRY_TOO_LARGE',
      1,
      { expected: 4 << 20, actual: 5 << 20 },
    ],
    [
      'more than may be, without a length',
      't',
      [
        (_, response) => {
          response.writeHead(200, headers)
          const more = () => {
            while (response.write(Buffer.alloc(1 << 20))) {}
          }
          response.on('drain', more)
          more()
        },
      ],
      'ERR_REGISTRY_TOO_LARGE',
      1,
      { expected: 4 << 20 },
    ],
  ])('%s', async (_, name, answers, code, requests, facts) => {
    const server = await startServer(inTurn(...answers))
    const remote = await openFake(server)
    if (code === '') {
      expect((await remote.getManifest(name)).digest).toBe(sha256)
    } else {
      const error = await thrownBy(remote.getManifest(name))
      expect(error.facts).toMatchObject({ registry: server.host, ...facts })
      expect(error.code).toBe(code)
      expect(error.message).toContain(`${server.host}/a/b: GET manifest ${name}`)
    }
    expect(server.paths()).toHaveLength(requests)
    expect(remote.events).toHaveLength(requests - 1)
  })

  test('what is no tag or digest never becomes a path', async () => {
    const remote = await openFake({ host: '127.0.0.1:9' })
    for (const name of ['', '../x', 'a/b', 'sha256:00', '?', '%2e', 'sha384:x']) {
      await expect(remote.getManifest(name)).rejects.toThrow(TypeError)
    }
  })
})

describe('manifests without their bytes', () => {
  const info = { digest: sha256, size: bytes.length, mediaType: MANIFEST }
  test.each<[string, readonly Answer[], object | undefined, readonly string[]]>([
    ['by HEAD', [reply(200, { ...headers, 'content-length': `${bytes.length}` })], info, ['HEAD']],
    ['missing', [reply(404)], undefined, ['HEAD']],
    ['where there is no HEAD', [reply(405), good], info, ['HEAD', 'GET']],
    [
      'where HEAD names no digest',
      [reply(200, { 'content-type': MANIFEST }), good],
      info,
      ['HEAD', 'GET'],
    ],
  ])('%s', async (_, answers, expected, methods) => {
    const server = await startServer(inTurn(...answers))
    const remote = await openFake(server)
    expect(await remote.statManifest('t')).toEqual(expected)
    const asked = server.seen.filter(({ path }) => path !== '/v2/').map(({ method }) => method)
    expect(asked).toEqual(methods)
  })

  test('another digest than was asked for', async () => {
    const length = { 'content-length': '2' }
    const server = await startServer(inTurn(reply(200, { ...headers, ...length })))
    const remote = await openFake(server)
    expect((await thrownBy(remote.statManifest(other))).code).toBe('ERR_REGISTRY_DIGEST_MISMATCH')
  })
})
