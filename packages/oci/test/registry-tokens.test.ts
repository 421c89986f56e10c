import { cpSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import {
  type FaultProxy,
  type FaultProxyOptions,
  type RegistryOptions,
  registryUnavailable,
  startFaultProxy,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { guardedImage } from './guarded-image.ts'
import { registryHome } from './registry-home.ts'

const unavailable = registryUnavailable()
const why = unavailable === undefined ? '' : `: ${unavailable}`

const CHUNK = 1 << 20
const HALF = 4 << 20
const USER = { username: 'ann', password: 'secret' }
const USERS = { [USER.username]: USER.password }

describe.skipIf(unavailable !== undefined)(`tokens, with a real registry${why}`, () => {
  const home = registryHome()
  const image = guardedImage()
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await image.start({ token: {} })
  })

  /** The token server of the registry, as it is for one test. */
  function withTokens(behaviour: Partial<NonNullable<RegistryOptions['token']>>) {
    const { tokenServer } = registry
    if (tokenServer === undefined) throw new Error('no token server')
    const before = { ...tokenServer.behaviour }
    const asked = tokenServer.requests.length
    Object.assign(tokenServer.behaviour, behaviour)
    onTestFinished(() => {
      Object.assign(tokenServer.behaviour, {
        users: undefined,
        claimedLifeSeconds: undefined,
        stalled: undefined,
        status: undefined,
        ...before,
      })
    })
    return { requests: () => tokenServer.requests.slice(asked) }
  }

  test('for everybody', async () => {
    const { requests } = withTokens({})
    await image.expectPull(registry.host, home.options([registry.host]))
    expect(requests()).toMatchObject([
      { scopes: ['repository:team/app:pull'], authorization: undefined },
    ])
  })

  test('for those with a password', async () => {
    withTokens({ users: USERS })
    const { host } = registry
    const credentials = (password: string) =>
      home.options([host], { credentials: { ...USER, password } })
    expect(await image.codeOfPull(host, home.options([host]))).toBe('ERR_REGISTRY_UNAUTHORIZED')
    expect(await image.codeOfPull(host, credentials('wrong'))).toBe('ERR_REGISTRY_UNAUTHORIZED')
    await image.expectPull(host, credentials(USER.password))
  })

  test('that end while a layer is under way', async () => {
    const { requests } = withTokens({ lifeSeconds: 1, claimedLifeSeconds: 300 })
    const proxy = await proxyOf({
      target: registry.url,
      // Until the time-out the token is dead.
      rules: [{ path: image.layer.digest, fault: { kind: 'stall', after: HALF } }],
    })
    const options = home.options([proxy.host], { idleTimeoutMs: 2500 })
    await image.expectPull(proxy.host, options)
    expect(requests().length).toBe(2)
    const blobs = proxy.requests.filter(({ path }) => path.includes(image.layer.digest))
    expect(blobs.map(({ status }) => status)).toEqual([200, 401, 206])
    expect(proxy.sentBytes(image.layer.digest) - image.layer.size).toBeLessThanOrEqual(CHUNK)
  })

  test('that are dead when they come', async () => {
    const { requests } = withTokens({ lifeSeconds: -5, claimedLifeSeconds: 300 })
    const options = home.options([registry.host])
    expect(await image.codeOfPull(registry.host, options)).toBe('ERR_REGISTRY_UNAUTHORIZED')
    expect(requests().length).toBeLessThanOrEqual(2)
  })

  test('from a server that is silent', async () => {
    withTokens({ stalled: true })
    const options = home.options([registry.host], { idleTimeoutMs: 300, retries: 1 })
    expect(await image.codeOfPull(registry.host, options)).toBe('ERR_REGISTRY_TIMEOUT')
  })

  test('from a server that fails', async () => {
    withTokens({ status: 503 })
    const options = home.options([registry.host], { retries: 1 })
    expect(await image.codeOfPull(registry.host, options)).toBe('ERR_REGISTRY_UNAVAILABLE')
  })

  test('over TLS', async () => {
    const secure = await image.start({ tls: true, token: { users: USERS } })
    const certDir = mkdtempSync(join(image.work, 'certs-'))
    cpSync(secure.certificates?.caFile ?? '', join(certDir, 'ca.crt'))
    const options = home.options([], { certDir, credentials: USER })
    await image.expectPull(secure.host, options)
  })
})

/** A proxy that goes with the test. */
async function proxyOf(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = await startFaultProxy(options)
  onTestFinished(() => proxy.stop())
  return proxy
}
