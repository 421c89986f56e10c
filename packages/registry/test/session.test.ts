import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { ownUrl } from '../src/client/own-url.ts'
import type { SessionRequest } from '../src/client/session.ts'
import { headerOf } from '../src/http/exchange.ts'
import { locationOf } from '../src/http/redirects.ts'
import { inTurn, openFake, reply, startServer } from './fake-registry.ts'
import { thrownBy } from './thrown.ts'

const upload: SessionRequest = {
  what: 'upload',
  method: 'PUT',
  path: 'blobs/uploads/1',
  expected: [201],
  actions: 'pull,push',
  isDocument: true,
}

async function* pieces(count: number, size = 1 << 20): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(size)
}

describe('what is sent', () => {
  test('is made anew for each try', async () => {
    const server = await startServer(inTurn(reply(500), reply(201)))
    const remote = await openFake(server)
    let streams = 0
    await remote.session.request({
      ...upload,
      body: () => {
        streams++
        return pieces(1, 5)
      },
    })
    expect(streams).toBe(2)
    expect(server.seen.filter(({ body }) => body.length === 5)).toHaveLength(2)
  })

  test('has a length where it has one', async () => {
    const server = await startServer(inTurn(reply(201)))
    const remote = await openFake(server)
    for (const size of [0, 3, 300_000]) {
      await remote.session.request({ ...upload, body: new Uint8Array(size) })
      expect(server.seen.at(-1)?.headers).toMatchObject({ 'content-length': `${size}` })
      expect(server.seen.at(-1)?.body).toHaveLength(size)
    }
  })

  test('to a server that stops reading is given up', async () => {
    const server = await startServer(inTurn(reply(201)))
    const remote = await openFake(server, { idleTimeoutMs: 300, retries: 0 })
    await remote.session.request({ ...upload, body: new Uint8Array(1) })
    for (const socket of server.sockets) socket.pause()
    const sending = remote.session.request({ ...upload, isDocument: false, body: () => pieces(64) })
    expect((await thrownBy(sending)).code).toBe('ERR_REGISTRY_TIMEOUT')
  })

  test('may take its caller longer than the idle time-out', async () => {
    const server = await startServer(inTurn(reply(201)))
    const remote = await openFake(server, { idleTimeoutMs: 200, retries: 0 })
    async function* slowly() {
      for (let i = 0; i < 3; i++) {
        await sleep(350)
        yield new Uint8Array(1)
      }
    }
    await remote.session.request({ ...upload, isDocument: false, body: slowly })
    expect(remote.events).toEqual([])
  })

  test('that fails at its source is the error of the source', async () => {
    const server = await startServer(inTurn(reply(201)))
    const remote = await openFake(server)
    const reason = new Error('disk')
    async function* broken() {
      yield new Uint8Array(9)
      throw reason
    }
    await expect(remote.session.request({ ...upload, body: broken })).rejects.toBe(reason)
    await vi.waitFor(() => expect(remote.events).toEqual([]))
  })

  test('goes where a 307 leads, if it can be sent again', async () => {
    const server = await startServer(({ path }, response) =>
      path.endsWith('/1')
        ? response.writeHead(307, { location: '2' }).end()
        : response.writeHead(201).end(),
    )
    const remote = await openFake(server)
    await remote.session.request({ ...upload, body: new Uint8Array(4) })
    expect(server.seen.at(-1)).toMatchObject({ method: 'PUT', path: '/v2/a/b/blobs/uploads/2' })
    const error = await thrownBy(remote.session.request({ ...upload, body: () => pieces(1, 4) }))
    expect(error).toMatchObject({
      code: 'ERR_REGISTRY_REFUSED',
      facts: { status: 307, method: 'PUT' },
    })
  })
})

test('a session asks for the scopes that it is told of, in one token', async () => {
  const server = await startServer((request, response) => {
    if (request.path.startsWith('/token')) return reply(200, {}, '{"token":"t"}')(request, response)
    if (request.headers.authorization === 'Bearer t') return reply(201)(request, response)
    const challenge = `Bearer realm="http://${server.host}/token",scope="repository:a/b:pull"`
    return reply(401, { 'www-authenticate': challenge })(request, response)
  })
  const remote = await openFake(server)
  const scopes = ['repository:other:pull']
  await remote.session.request({ ...upload, scopes, body: new Uint8Array(1) })
  const { path = '' } = server.seen.find(({ path }) => path.startsWith('/token')) ?? {}
  expect(new URL(path, server.url).searchParams.getAll('scope')).toEqual([
    'repository:a/b:pull,push',
    'repository:other:pull',
  ])
})

test('the place of an upload', async () => {
  const server = await startServer(inTurn(reply(202, { location: '/v2/a/b/x?_state=1#f' })))
  const remote = await openFake(server)
  const place = await remote.session.request(
    { ...upload, method: 'POST', expected: [202] },
    async response => {
      await response.body.drain()
      expect(headerOf(response, 'location')).toBe('/v2/a/b/x?_state=1#f')
      return locationOf(response)
    },
  )
  expect(place?.href).toBe(`${server.url}/v2/a/b/x?_state=1`)
})

describe('URLs that a registry gave', () => {
  test.each([
    ['https://h/x?y', 'https://h/', false, 'https://h/x?y'],
    ['https://other/x', 'https://h/', false, 'https://other/x'],
    ['http://h/x?y', 'https://h/', false, 'https://h/x?y'],
    ['http://h/x', 'https://h:5000/', false, 'https://h:5000/x'],
    ['http://h:5000/x', 'https://h:5000/', false, 'https://h:5000/x'],
    ['http://h:80/x', 'https://h:5000/', true, 'http://h/x'],
    ['http://other/x', 'http://h/', true, 'http://other/x'],
  ])('%s of %s, insecure: %s', (url, origin, isInsecure, expected) => {
    expect(ownUrl(new URL(url), new URL(origin), isInsecure).href).toBe(expected)
  })

  test.each(['http://other/x', 'http://h:81/x', 'ftp://h/x'])('%s is refused', url => {
    expect(() => ownUrl(new URL(url), new URL('https://h/'), false)).toThrow('plain HTTP')
  })
})
