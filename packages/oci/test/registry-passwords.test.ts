import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  basicAuthorization,
  type FaultProxy,
  type FaultProxyOptions,
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

describe.skipIf(unavailable !== undefined)(`passwords, with a real registry${why}`, () => {
  const home = registryHome()
  const image = guardedImage()
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await image.start({ htpasswd: USERS })
  })

  const authFile = (auths: Readonly<Record<string, string>>) => {
    const path = join(mkdtempSync(join(image.work, 'auth-')), 'auth.json')
    const entries = Object.entries(auths).map(([key, user]) => [
      key,
      { auth: Buffer.from(user).toString('base64') },
    ])
    writeFileSync(path, JSON.stringify({ auths: Object.fromEntries(entries) }))
    return path
  }

  test('none', async () => {
    const options = home.options([registry.host])
    expect(await image.codeOfPull(registry.host, options)).toBe('ERR_REGISTRY_UNAUTHORIZED')
  })

  test('a wrong one is not tried again and again', async () => {
    const proxy = await proxyOf({ target: registry.url })
    const credentials = { ...USER, password: 'wrong' }
    const options = home.options([proxy.host], { credentials })
    expect(await image.codeOfPull(proxy.host, options)).toBe('ERR_REGISTRY_UNAUTHORIZED')
    expect(proxy.requests.length).toBeLessThanOrEqual(4)
  })

  test('given', async () => {
    const options = home.options([registry.host], { credentials: USER })
    await image.expectPull(registry.host, options)
  })

  test('in a file, by host and by repository', async () => {
    const { host } = registry
    const by = (auths: Readonly<Record<string, string>>) =>
      home.options([host], { authFile: authFile(auths) })
    await image.expectPull(host, by({ [host]: 'ann:secret' }))
    const nearest = { [host]: 'ann:wrong', [`${host}/team`]: 'ann:secret' }
    await image.expectPull(host, by(nearest))
    const other = by({ [`${host}/other`]: 'ann:secret' })
    expect(await image.codeOfPull(host, other)).toBe('ERR_REGISTRY_UNAUTHORIZED')
  })

  test('in the file that podman keeps', async () => {
    const directory = join(home.path, '.config/containers')
    mkdirSync(directory, { recursive: true })
    cpSync(authFile({ [registry.host]: 'ann:secret' }), join(directory, 'auth.json'))
    onTestFinished(() => rmSync(join(directory, 'auth.json')))
    await image.expectPull(registry.host, home.options([registry.host]))
  })

  test('not for the host that a redirect leads to', async () => {
    const authorization = basicAuthorization(USER.username, USER.password)
    const elsewhere = await proxyOf({ target: registry.url, headers: { authorization } })
    const proxy = await proxyOf({ target: registry.url })
    proxy.reset([
      {
        path: '/blobs/',
        times: Number.POSITIVE_INFINITY,
        fault: { kind: 'redirect', to: elsewhere.url },
      },
    ])
    // In the middle of the layer, so that the second request is redirected too.
    elsewhere.reset([{ path: image.layer.digest, fault: { kind: 'truncate', after: HALF } }])
    const options = home.options([proxy.host], { credentials: USER })
    await image.expectPull(proxy.host, options)
    expect(proxy.requests.some(({ headers }) => headers.authorization === authorization)).toBe(true)
    expect(elsewhere.requests.length).toBeGreaterThanOrEqual(3)
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual(
      elsewhere.requests.map(() => undefined),
    )
    expect(elsewhere.sentBytes(image.layer.digest) - image.layer.size).toBeLessThanOrEqual(CHUNK)
  })

  test('not for a host that a redirect of the manifest leads to', async () => {
    const elsewhere = await proxyOf({ target: registry.url })
    const proxy = await proxyOf({ target: registry.url })
    proxy.reset([
      {
        path: '/manifests/',
        skip: 1,
        times: Number.POSITIVE_INFINITY,
        fault: { kind: 'redirect', to: elsewhere.url },
      },
    ])
    const options = home.options([proxy.host], { credentials: USER })
    await image.codeOfPull(proxy.host, options)
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual(
      elsewhere.requests.map(() => undefined),
    )
  })
})

/** A proxy that goes with the test. */
async function proxyOf(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = await startFaultProxy(options)
  onTestFinished(() => proxy.stop())
  return proxy
}
