import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  type Answer,
  openFake,
  refuse,
  reply,
  type SeenRequest,
  startServer,
} from './fake-registry.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { everythingOf, thrownBy } from './thrown.ts'

const MANIFEST = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
const manifest = reply(200, MANIFEST, '{}')
const PASSWORD = 'hunter2:with:colons'
const credentials = { username: 'us er', password: PASSWORD }
const basic = `Basic ${Buffer.from(`us er:${PASSWORD}`).toString('base64')}`

/** A registry that takes what `accepts` says, and else answers by 401 with a challenge. */
async function startGuarded(
  challenge: (host: string) => string,
  accepts: (authorization: string | undefined, request: SeenRequest) => boolean,
  token?: Answer,
) {
  const server = await startServer((request, response) => {
    if (request.path.startsWith('/token')) return token?.(request, response)
    if (accepts(request.headers.authorization, request)) return manifest(request, response)
    const document = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }
    return reply(
      401,
      { 'www-authenticate': challenge(server.host) },
      JSON.stringify(document),
    )(request, response)
  })
  const tokens = () => server.seen.filter(({ path }) => path.startsWith('/token'))
  return { server, tokens }
}

const bearer = (host: string) =>
  `Bearer realm="http://${host}/token?x=1",service="the service",scope="repository:a/b:pull"`

describe('tokens', () => {
  test('for everybody', async () => {
    const { server, tokens } = await startGuarded(
      bearer,
      sent => sent === 'Bearer t1',
      reply(200, {}, '{"token":"t1"}'),
    )
    const remote = await openFake(server)
    await remote.getManifest('t')
    await remote.getManifest('t')
    expect(tokens()).toHaveLength(1)
    const [asked] = tokens()
    const url = new URL(asked?.path ?? '', server.url)
    expect([...url.searchParams]).toEqual([
      ['x', '1'],
      ['service', 'the service'],
      ['scope', 'repository:a/b:pull'],
    ])
    expect(asked?.headers.authorization).toBeUndefined()
  })

  test('for those with a password, who show it to the token server alone', async () => {
    const { server, tokens } = await startGuarded(
      bearer,
      sent => sent === 'Bearer t1',
      reply(200, {}, '{"access_token":"t1"}'),
    )
    const remote = await openFake(server, { credentials })
    await remote.getManifest('t')
    const [asked] = tokens()
    expect(asked?.headers.authorization).toBe(basic)
    expect(new URL(asked?.path ?? '', server.url).searchParams.get('account')).toBe('us er')
    const shown = server.seen.filter(({ path }) => path.startsWith('/v2/'))
    expect(shown.every(({ headers }) => headers.authorization !== basic)).toBe(true)
  })

  test('by a refresh token', async () => {
    const { server, tokens } = await startGuarded(
      bearer,
      sent => sent === 'Bearer t1',
      reply(200, {}, '{"access_token":"t1","refresh_token":"other"}'),
    )
    const auths = { [server.host]: { identitytoken: 'refresh me' } }
    const home = temporaryDirectory({ 'auth.json': JSON.stringify({ auths }) })
    const remote = await openFake(server, { authFile: `${home}/auth.json` })
    await remote.getManifest('t')
    const [asked] = tokens()
    expect(asked?.method).toBe('POST')
    expect([...new URLSearchParams(asked?.body)]).toEqual([
      ['grant_type', 'refresh_token'],
      ['service', 'the service'],
      ['client_id', 'composefs'],
      ['scope', 'repository:a/b:pull'],
      ['refresh_token', 'refresh me'],
    ])
  })

  test('are asked for once, however many wait', async () => {
    const { server, tokens } = await startGuarded(
      bearer,
      sent => sent === 'Bearer t1',
      async (request, response) => {
        await sleep(50)
        return reply(200, {}, '{"token":"t1"}')(request, response)
      },
    )
    const remote = await openFake(server)
    await Promise.all(Array.from({ length: 12 }, () => remote.getManifest('t')))
    expect(tokens()).toHaveLength(1)
  })

  test('are asked for again when they ran out, by their time or by the word of the registry', async () => {
    let valid = 0
    const { server, tokens } = await startGuarded(
      bearer,
      sent => sent === `Bearer t${valid}`,
      (request, response) => {
        valid++
        return reply(
          200,
          {},
          `{"token":"t${valid}","expires_in":${valid === 1 ? 0.05 : 600}}`,
        )(request, response)
      },
    )
    const remote = await openFake(server)
    await remote.getManifest('t')
    await sleep(60)
    await remote.getManifest('t')
    expect(tokens()).toHaveLength(2)
    valid++
    await Promise.all([remote.getManifest('t'), remote.getManifest('t')])
    expect(valid).toBe(4)
    expect(tokens()).toHaveLength(3)
    expect(remote.events).toEqual([])
  })

  test('of more scopes, where the registry asks for them', async () => {
    const { server, tokens } = await startGuarded(
      host => `Bearer realm="http://${host}/token",scope="repository:cache/a/b:pull"`,
      sent => sent === 'Bearer t1',
      reply(200, {}, '{"token":"t1"}'),
    )
    const remote = await openFake(server)
    await remote.getManifest('t')
    const { searchParams } = new URL(tokens()[0]?.path ?? '', server.url)
    expect(searchParams.getAll('scope')).toEqual([
      'repository:a/b:pull',
      'repository:cache/a/b:pull',
    ])
    expect(searchParams.has('service')).toBe(false)
  })

  test.each<[string, Answer, string, number]>([
    ['refused', reply(401), 'ERR_REGISTRY_UNAUTHORIZED', 1],
    ['no JSON', reply(200, {}, `<p>${PASSWORD}</p>`), 'ERR_REGISTRY_PROTOCOL', 1],
    ['no token', reply(200, {}, '{"token":""}'), 'ERR_REGISTRY_PROTOCOL', 1],
    [
      'a token that is a header of its own',
      reply(200, {}, '{"token":"a\\r\\nb: c"}'),
      'ERR_REGISTRY_PROTOCOL',
      1,
    ],
    ['too large', reply(200, {}, ' '.repeat((1 << 20) + 1)), 'ERR_REGISTRY_TOO_LARGE', 1],
    ['out of order', reply(503), 'ERR_REGISTRY_UNAVAILABLE', 3],
    ['silent', () => {}, 'ERR_REGISTRY_TIMEOUT', 3],
    [
      'a token that does not help',
      reply(200, {}, '{"token":"secret-token"}'),
      'ERR_REGISTRY_UNAUTHORIZED',
      1,
    ],
  ])('%s', async (_, token, code, requests) => {
    const { server, tokens } = await startGuarded(bearer, () => false, token)
    const remote = await openFake(server, { credentials, retries: 2, idleTimeoutMs: 300 })
    const error = await thrownBy(remote.getManifest('t'))
    expect(error.code).toBe(code)
    expect(tokens()).toHaveLength(requests)
    expect(everythingOf(error)).not.toMatch(/hunter2|secret-token/)
  })

  test('that are waited for hold nobody who gives up', async () => {
    const { server } = await startGuarded(
      bearer,
      () => false,
      () => {},
    )
    const remote = await openFake(server)
    const reason = new Error('enough')
    const signal = AbortSignal.any([AbortSignal.timeout(100)])
    await expect(remote.getManifest('t', { signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    const controller = new AbortController()
    const waiting = remote.getManifest('t', { signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    const last = expect(remote.getManifest('t')).rejects.toMatchObject({ name: 'AbortError' })
    await sleep(50)
    await remote.close()
    await last
  })
})

describe('passwords', () => {
  test('are shown to a registry that asks for them, and not before', async () => {
    const { server } = await startGuarded(
      () => 'Basic realm="r"',
      sent => sent === basic,
    )
    const remote = await openFake(server, { credentials })
    await remote.getManifest('t')
    await remote.getManifest('t')
    const sent = server.seen.map(({ headers }) => headers.authorization)
    expect(sent).toEqual([undefined, undefined, basic, basic])
  })

  test.each([
    ['wrong', { credentials }, 'the credentials are wrong'],
    ['missing', {}, 'there are no credentials'],
  ])('%s ones', async (_, options, advice) => {
    const { server } = await startGuarded(
      () => 'Basic realm="r"',
      () => false,
    )
    const remote = await openFake(server, options)
    const error = await thrownBy(remote.getManifest('t'))
    expect(error).toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      facts: { status: 401, registryCode: 'UNAUTHORIZED', registry: server.host },
    })
    expect(error.message).toContain(advice)
    expect(remote.events).toEqual([])
    expect(everythingOf(error)).not.toContain('hunter2')
  })

  test('that a registry repeats are not told on', async () => {
    const server = await startServer((request, response) =>
      request.headers.authorization === undefined
        ? reply(401, { 'www-authenticate': 'Basic realm="r"' })(request, response)
        : refuse(403, 'DENIED', `${basic} ${PASSWORD} may not`)(request, response),
    )
    const remote = await openFake(server, { credentials })
    const error = await thrownBy(remote.getManifest('t'))
    expect(error.message).toContain('Basic *** *** may not')
    expect(everythingOf(error)).not.toContain('hunter2')
  })

  test.each<[string, string, (password: string) => { code: string; message: string }]>([
    [
      'where its message is cut',
      `hunter2${'x'.repeat(300)}`,
      password => ({ code: 'DENIED', message: `${'-'.repeat(150)}${password}` }),
    ],
    [
      'of several lines',
      '{\n"key": "hunter2"\n}',
      password => ({ code: 'DENIED', message: password }),
    ],
    [
      'as a URL spells them',
      'hunter2 +/',
      password => ({ code: 'DENIED', message: `?password=${encodeURIComponent(password)}` }),
    ],
    ['as a code', 'hunter2', password => ({ code: password, message: '' })],
  ])('that a registry repeats are not told on, %s', async (_, password, errorOf) => {
    const { code, message } = errorOf(password)
    const server = await startServer((request, response) =>
      request.headers.authorization === undefined
        ? reply(401, { 'www-authenticate': 'Basic realm="r"' })(request, response)
        : refuse(403, code, message)(request, response),
    )
    const remote = await openFake(server, { credentials: { username: 'user', password } })
    const error = await thrownBy(remote.getManifest('t'))
    expect(error.code).toBe('ERR_REGISTRY_UNAUTHORIZED')
    expect(everythingOf(error)).not.toContain('hunter2')
  })
})
