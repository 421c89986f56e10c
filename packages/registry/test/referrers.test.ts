import { describe, expect, test } from 'vitest'
import { type Answer, openFake, reply, startServer } from './fake-registry.ts'
import { thrownBy } from './thrown.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const hex = 'a'.repeat(64)
const digest = `sha256:${hex}`
const sbom = { mediaType: 'm', size: 1, digest: `sha256:${'1'.repeat(64)}`, artifactType: 'sbom' }
const signature = {
  mediaType: 'm',
  size: 2,
  digest: `sha256:${'2'.repeat(64)}`,
  artifactType: 'sig',
}

const api = `/v2/a/b/referrers/${digest}`
const tag = `/v2/a/b/manifests/sha256-${hex}`
const index = (manifests: readonly unknown[], headers: Readonly<Record<string, string>> = {}) =>
  reply(200, { 'content-type': INDEX, ...headers }, JSON.stringify({ schemaVersion: 2, manifests }))

async function startPaths(paths: Readonly<Record<string, Answer>>) {
  return startServer((request, response) => (paths[request.path] ?? reply(404))(request, response))
}

const manifestsOf = ({ bytes }: { bytes: Uint8Array }) =>
  (JSON.parse(Buffer.from(bytes).toString()) as { manifests: unknown[] }).manifests

describe('referrers', () => {
  test.each<[string, Readonly<Record<string, Answer>>, readonly unknown[], readonly string[]]>([
    ['by the API', { [api]: index([sbom, signature]) }, [sbom, signature], [api]],
    [
      'by pages',
      {
        [api]: index([sbom], { link: `<${api}?n=1&last=x>; rel="next"` }),
        [`${api}?n=1&last=x`]: index([signature]),
      },
      [sbom, signature],
      [api, `${api}?n=1&last=x`],
    ],
    ['by the tag where there is no API', { [tag]: index([sbom]) }, [sbom], [api, tag]],
    [
      'by the tag where the API is a page for people',
      { [api]: reply(200, { 'content-type': 'text/html' }, '<p>'), [tag]: index([sbom]) },
      [sbom],
      [api, tag],
    ],
    ['none', {}, [], [api, tag]],
    ['none by the API', { [api]: index([]) }, [], [api]],
  ])('%s', async (_, paths, expected, asked) => {
    const server = await startPaths(paths)
    const remote = await openFake(server)
    const found = await remote.getReferrers(digest)
    expect(found.mediaType).toBe(INDEX)
    expect(manifestsOf(found)).toEqual(expected)
    expect(server.paths()).toEqual(asked)
  })

  test('of one type, whether the registry or we have to choose', async () => {
    const asked = `${api}?artifactType=sig`
    for (const paths of [
      { [asked]: index([signature], { 'oci-filters-applied': 'artifactType' }) },
      { [asked]: index([sbom, signature]) },
      { [tag]: index([sbom, signature]) },
    ]) {
      const remote = await openFake(await startPaths(paths))
      const found = await remote.getReferrers(digest, { artifactType: 'sig' })
      expect(manifestsOf(found)).toEqual([signature])
    }
  })

  test.each<[string, Answer, string]>([
    [
      'pages without end',
      index([sbom], { link: `<${api}>; rel="next"` }),
      'ERR_REGISTRY_TOO_LARGE',
    ],
    [
      'a page elsewhere',
      index([], { link: '<http://127.0.0.1:1/x>; rel="next"' }),
      'ERR_REGISTRY_PROTOCOL',
    ],
    [
      'no index',
      reply(200, { 'content-type': INDEX }, '{"manifests":[1]}'),
      'ERR_REGISTRY_PROTOCOL',
    ],
    [
      'an index of nothing, many times',
      reply(200, { 'content-type': INDEX }, `{"manifests":[${'{},'.repeat(9)}{}]}`),
      'ERR_REGISTRY_PROTOCOL',
    ],
    [
      'more bytes than an index may have',
      index([{ digest, filler: 'x'.repeat(3 << 20) }], { link: `<${api}>; rel="next"` }),
      'ERR_REGISTRY_TOO_LARGE',
    ],
    ['no JSON', reply(200, { 'content-type': INDEX }, '{'), 'ERR_REGISTRY_PROTOCOL'],
    ['refused', reply(403), 'ERR_REGISTRY_UNAUTHORIZED'],
  ])('%s', async (_, answer, code) => {
    const remote = await openFake(await startPaths({ [api]: answer }))
    const error = await thrownBy(remote.getReferrers(digest))
    expect(error.code).toBe(code)
    expect(error.message).toContain(digest)
  })

  test('pages without end are counted', async () => {
    const server = await startPaths({ [api]: index([], { link: `<${api}>; rel="next"` }) })
    const remote = await openFake(server)
    const error = await thrownBy(remote.getReferrers(digest))
    expect(error.message).toMatch(/more than 256 pages$/)
    expect(server.paths()).toHaveLength(256)
  })

  test('a tag that is no index', async () => {
    const remote = await openFake(
      await startPaths({ [tag]: reply(200, { 'content-type': INDEX }, '7') }),
    )
    expect((await thrownBy(remote.getReferrers(digest))).code).toBe('ERR_REGISTRY_PROTOCOL')
  })
})
