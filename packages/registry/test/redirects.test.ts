import { describe, expect, test } from 'vitest'
import { inTurn, openFake, reply, startServer } from './fake-registry.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { everythingOf, thrownBy } from './thrown.ts'

const manifest = reply(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }, '{}')
const credentials = { username: 'user', password: 'hunter2' }
const challenge = reply(401, { 'www-authenticate': 'Basic realm="r"' })

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i, within the registry and to another one',
    async status => {
      const storage = await startServer(manifest)
      const registry = await startServer((request, response) => {
        const { path, headers } = request
        if (path !== '/v2/' && headers.authorization === undefined)
          return challenge(request, response)
        if (path.endsWith('/t'))
          return reply(status, { location: '../../moved' })(request, response)
        if (path.endsWith('/moved')) {
          return reply(status, { location: `http://me:pw@${storage.host}/x?sig=1#y` })(
            request,
            response,
          )
        }
        return response.end()
      })
      const remote = await openFake(registry, { credentials })
      await remote.getManifest('t')
      expect(registry.seen.at(-1)?.headers.authorization).toMatch(/^Basic /)
      expect(storage.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
        ['/x?sig=1', undefined],
      ])
    },
  )

  test.each([
    ['in circles', { location: '/v2/a/b/manifests/t' }, 11],
    ['without a place', {}, 1],
    ['to no URL', { location: 'http://[' }, 1],
    ['to a file', { location: 'file:///etc/passwd' }, 1],
  ])('%s', async (_, headers, requests) => {
    const registry = await startServer(inTurn(reply(302, headers as Record<string, string>)))
    const remote = await openFake(registry)
    const error = await thrownBy(remote.getManifest('t'))
    expect(error.code).toBe('ERR_REGISTRY_PROTOCOL')
    expect(registry.paths()).toHaveLength(requests)
  })

  test('to a storage whose link ran out: the registry gives another one', async () => {
    const storage = await startServer(inTurn(reply(403, {}, 'Request has expired'), manifest))
    const registry = await startServer(
      inTurn(reply(307, { location: `${storage.url}/blob?X-Signature=hunter2` })),
    )
    const remote = await openFake(registry)
    await remote.getManifest('t')
    expect(registry.paths()).toHaveLength(2)
    expect(storage.seen).toHaveLength(2)
  })

  test('leave no signature in errors', async () => {
    const storage = await startServer(reply(404))
    const registry = await startServer(
      inTurn(reply(307, { location: `${storage.url}/blob?X-Signature=hunter2` })),
    )
    const remote = await openFake(registry)
    const error = await thrownBy(remote.getManifest('t'))
    expect(error.facts.url).toBe(`${storage.url}/blob`)
    expect(error.message).toContain(storage.host)
    expect(everythingOf(error)).not.toContain('hunter2')
  })

  test('do not lead a refresh token to another host', async () => {
    const elsewhere = await startServer(reply(200, {}, '{"token":"t"}'))
    const registry = await startServer((request, response) =>
      request.path === '/token'
        ? reply(307, { location: `${elsewhere.url}/token` })(request, response)
        : reply(401, { 'www-authenticate': `Bearer realm="${registry.url}/token"` })(
            request,
            response,
          ),
    )
    const auths = { [registry.host]: { identitytoken: 'hunter2' } }
    const home = temporaryDirectory({ 'auth.json': JSON.stringify({ auths }) })
    const remote = await openFake(registry, { authFile: `${home}/auth.json` })
    expect((await thrownBy(remote.getManifest('t'))).code).toBe('ERR_REGISTRY_PROTOCOL')
    expect(elsewhere.seen).toEqual([])
  })
})
