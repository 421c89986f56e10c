import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { request } from 'node:https'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  basicAuthorization,
  type Fault,
  type FaultProxy,
  imageDocuments,
  registryUnavailable,
  startFaultProxy,
  startRegistry,
  startStaticRegistry,
  type TestRegistry,
} from '../src/registry/index.ts'

const unavailable = registryUnavailable()
const blob = Buffer.alloc(300_000, 'blob ')
const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`
const blobPath = `/v2/app/blobs/${digest}`

describe.skipIf(unavailable !== undefined)(`a real registry: ${unavailable ?? ''}`, () => {
  const started: TestRegistry[] = []
  const start = async (...options: Parameters<typeof startRegistry>) => {
    const registry = await startRegistry(...options)
    started.push(registry)
    return registry
  }
  afterEach(async () => {
    for (const registry of started.splice(0)) await registry.stop()
  })

  test('keeps what the pusher puts in, and is gone after stop', async () => {
    const registry = await start()
    expect(await registry.pusher.blob('app', blob)).toBe(digest)
    const image = imageDocuments([])
    await registry.pusher.blob('app', image.config)
    await registry.pusher.manifest('app', 't', {
      bytes: image.manifest,
      mediaType: image.manifestType,
    })
    const manifest = await fetch(`${registry.url}/v2/app/manifests/t`, {
      headers: { accept: image.manifestType },
    })
    expect(Buffer.from(await manifest.arrayBuffer())).toEqual(image.manifest)
    const range = await fetch(registry.url + blobPath, { headers: { range: 'bytes=100-199' } })
    expect(range.status).toBe(206)
    expect(Buffer.from(await range.arrayBuffer())).toEqual(blob.subarray(100, 200))
    await registry.stop()
    expect(existsSync(registry.storage)).toBe(false)
    await expect(fetch(registry.url)).rejects.toThrow()
  })

  test('speaks TLS by an authority of its own', async () => {
    const registry = await start({ tls: true })
    await registry.pusher.blob('app', blob)
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow()
    const status = await new Promise((resolve, reject) => {
      const { ca } = registry.certificates ?? {}
      request(`${registry.url}/v2/`, { ca, agent: false }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  })

  test('takes none but clients with a certificate', async () => {
    const registry = await start({ tls: true, clientCertificates: true })
    await registry.pusher.blob('app', blob)
    const stranger = new Promise((resolve, reject) => {
      const { ca } = registry.certificates ?? {}
      request(`${registry.url}/v2/`, { ca, agent: false }, resolve).on('error', reject).end()
    })
    await expect(stranger).rejects.toThrow()
  })

  test('wants the passwords of its users', async () => {
    const registry = await start({ htpasswd: { ann: 'secret' } })
    await registry.pusher.blob('app', blob)
    const status = async (headers: Record<string, string>) =>
      (await fetch(registry.url + blobPath, { headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ authorization: basicAuthorization('ann', 'wrong') })).toBe(401)
    expect(await status({ authorization: basicAuthorization('ann', 'secret') })).toBe(200)
  })

  test('takes tokens for as long as they live', async () => {
    const registry = await start({ token: { users: { ann: 'secret' }, claimedLifeSeconds: 600 } })
    await registry.pusher.blob('app', blob)
    const refused = await fetch(registry.url + blobPath)
    expect(refused.status).toBe(401)
    const challenge = refused.headers.get('www-authenticate') ?? ''
    const { realm, service, scope } = Object.fromEntries(
      Array.from(challenge.matchAll(/(\w+)="([^"]*)"/g), ([, key, value]) => [key, value]),
    ) as Record<string, string>
    expect(scope).toBe('repository:app:pull')
    const tokenUrl = `${realm}?${new URLSearchParams({ service: service ?? '', scope: scope ?? '' })}`
    expect((await fetch(tokenUrl)).status).toBe(401)
    const granted = await fetch(tokenUrl, {
      headers: { authorization: basicAuthorization('ann', 'secret') },
    })
    const { token, expires_in } = (await granted.json()) as { token: string; expires_in: number }
    expect(expires_in).toBe(600)
    const status = async (bearer: string) =>
      (await fetch(registry.url + blobPath, { headers: { authorization: `Bearer ${bearer}` } }))
        .status
    expect(await status(token)).toBe(200)
    expect(await status(registry.tokenServer?.issue(['repository:other:pull']) ?? '')).toBe(401)
    expect(await status(registry.tokenServer?.issue([scope ?? ''], -1) ?? '')).toBe(401)
    expect(registry.tokenServer?.requests.map(({ status }) => status)).toEqual([401, 200])
  })
})

describe('a proxy with faults', () => {
  let proxy: FaultProxy
  const stops: (() => Promise<void>)[] = []
  beforeAll(async () => {
    const target = await startStaticRegistry()
    stops.push(() => target.stop())
    target.serve('app', { manifests: new Map(), blobs: new Map([[digest, blob]]) })
    proxy = await startFaultProxy({ target: target.url })
    stops.push(() => proxy.stop())
  })
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  /** What arrives: the bytes, and how they ended. */
  async function get(
    fault: Fault | undefined,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; bytes: Buffer; end: string }> {
    proxy.reset(fault === undefined ? [] : [{ path: '/blobs/', fault }])
    const chunks: Uint8Array[] = []
    let status = 0
    try {
      const response = await fetch(proxy.url + blobPath, {
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(1000),
      })
      status = response.status
      for await (const chunk of response.body ?? []) chunks.push(chunk)
    } catch (error) {
      const name = (error as Error).name === 'TimeoutError' ? 'stalled' : 'broken'
      return { status, bytes: Buffer.concat(chunks), end: name }
    }
    return { status, bytes: Buffer.concat(chunks), end: 'complete' }
  }

  test('passes what has none', async () => {
    expect(await get(undefined)).toEqual({ status: 200, bytes: blob, end: 'complete' })
    const part = await get(undefined, { range: 'bytes=5-' })
    expect(part).toEqual({ status: 206, bytes: blob.subarray(5), end: 'complete' })
    expect(proxy.requests).toMatchObject([
      { method: 'GET', path: blobPath, status: 206, sent: blob.length - 5, isComplete: true },
    ])
  })

  test.each([
    ['stall', 0, 'stalled'],
    ['stall', 100_000, 'stalled'],
    ['truncate', 100_000, 'broken'],
    ['shorten', 100_000, 'complete'],
    ['reset', 0, 'broken'],
  ] as const)('%s after %d', async (kind, after, end) => {
    const got = await get({ kind, after })
    expect(got.end).toBe(end)
    // The client here loses what it has not read when the connection breaks.
    if (end !== 'broken') expect(got.bytes).toEqual(blob.subarray(0, after))
    expect(proxy.sentBytes(digest)).toBe(after)
    expect(proxy.requests[0]?.fault).toBe(kind)
    // Once only.
    expect((await fetch(proxy.url + blobPath)).status).toBe(200)
  })

  test('a reset in the middle', async () => {
    expect((await get({ kind: 'reset', after: 100_000 })).end).toBe('broken')
    expect(proxy.sentBytes()).toBe(100_000)
  })

  test('a bit that is turned, in the whole and in a part', async () => {
    const wrong = Buffer.from(blob)
    wrong[200_000] = (wrong[200_000] ?? 0) ^ 1
    expect((await get({ kind: 'flip', at: 200_000 })).bytes).toEqual(wrong)
    const part = await get({ kind: 'flip', at: 200_000 }, { range: 'bytes=150000-' })
    expect(part.bytes).toEqual(wrong.subarray(150_000))
  })

  test('ranges that are not served', async () => {
    const headers = { range: 'bytes=5-' }
    expect(await get({ kind: 'ignore-range' }, headers)).toMatchObject({ status: 200, bytes: blob })
    expect((await get({ kind: 'refuse-range' }, headers)).status).toBe(416)
  })

  test('other answers', async () => {
    const headers = { 'retry-after': '1' }
    expect((await get({ kind: 'status', status: 429, headers })).status).toBe(429)
    const redirect = await get({ kind: 'redirect', to: 'http://localhost:1' })
    expect(redirect.status).toBe(307)
  })

  test('slow ones, and late ones', async () => {
    const bytes = 50_000
    expect((await get({ kind: 'slow', bytes, pauseMs: 1 })).bytes).toEqual(blob)
    expect((await get({ kind: 'delay', milliseconds: 10 })).bytes).toEqual(blob)
  })

  test('the n-th request', async () => {
    const fault: Fault = { kind: 'status', status: 500 }
    proxy.reset([
      { path: digest, skip: 1, times: 2, fault },
      { path: /blobs/, range: true, times: Number.POSITIVE_INFINITY, fault },
    ])
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await fetch(proxy.url + blobPath)).status)
    const range = await fetch(proxy.url + blobPath, { headers: { range: 'bytes=0-' } })
    expect([...statuses, range.status]).toEqual([200, 500, 500, 200, 500])
  })
})
