import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RegistryOptions } from '@composefs/registry'
import {
  type FaultProxy,
  registryUnavailable,
  startFaultProxy,
  startRegistry,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, describe, expect, test } from 'vitest'
import { exportImage } from '../src/export/export-image.ts'
import { pull } from '../src/pull/pull.ts'
import { openTarget } from '../src/target/open-target.ts'
import { VECTOR_PULL } from './image-vectors.ts'
import { packedImage } from './packed-image.ts'
import { twoLayers } from './pulled-image.ts'
import { registryHome } from './registry-home.ts'
import { temporaryRepository } from './temporary-repository.ts'

const unavailable = registryUnavailable()
const why = unavailable === undefined ? '' : `: ${unavailable}`

const USER = { username: 'ann', password: 'secret' }
const USERS = { [USER.username]: USER.password }

describe.skipIf(unavailable !== undefined)(`push to a registry with guards${why}`, () => {
  const home = registryHome()
  const work = mkdtempSync(join(tmpdir(), 'composefs-push-'))
  const cleanups: (() => unknown)[] = [() => rmSync(work, { recursive: true })]
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
  })

  async function start(options: Parameters<typeof startRegistry>[0]): Promise<TestRegistry> {
    const registry = await startRegistry(options)
    cleanups.push(() => registry.stop())
    return registry
  }

  async function proxyOf(registry: TestRegistry): Promise<FaultProxy> {
    const proxy = await startFaultProxy({ target: registry.url })
    cleanups.push(() => proxy.stop())
    return proxy
  }

  /** Pushes an image, and what comes back must be the same. */
  async function roundTrip(name: string, registry: RegistryOptions): Promise<void> {
    const repository = await temporaryRepository()
    const image = packedImage(await twoLayers())
    await pull(repository, image.reference, { ...VECTOR_PULL, tag: 'app', keepBlobs: true })
    await using target = await openTarget(`docker://${name}`, { registry })
    const { manifestDigest } = await exportImage(repository, 'app', target)
    expect(manifestDigest).toBe(image.manifest.digest)
    const other = await temporaryRepository()
    const again = await pull(other, `docker://${name}`, { ...VECTOR_PULL, registry })
    expect(again.manifestDigest).toBe(manifestDigest)
  }

  test('by a password', async () => {
    const { host } = await start({ htpasswd: USERS })
    await roundTrip(`${host}/a/b:1`, home.options([host], { credentials: USER }))
    const wrong = { ...USER, password: 'wrong' }
    await expect(
      roundTrip(`${host}/a/c:1`, home.options([host], { credentials: wrong })),
    ).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAUTHORIZED' })
  })

  test('by tokens, and with a moment of trouble', async () => {
    const registry = await start({ token: { users: USERS } })
    const { host } = registry
    await roundTrip(`${host}/a/b:1`, home.options([host], { credentials: USER }))
    const scopes = registry.tokenServer?.requests.flatMap(request => request.scopes)
    expect(scopes).toContain('repository:a/b:pull,push')
    const proxy = await proxyOf(registry)
    proxy.reset([{ method: 'PUT', path: '/uploads/', fault: { kind: 'status', status: 500 } }])
    await roundTrip(`${proxy.host}/a/c:1`, home.options([proxy.host], { credentials: USER }))
  })

  test('by TLS', async () => {
    const registry = await start({ tls: true })
    const certDir = mkdtempSync(join(work, 'certs-'))
    cpSync(registry.certificates?.caFile ?? '', join(certDir, 'ca.crt'))
    await roundTrip(`${registry.host}/a/b:1`, home.options([], { certDir }))
  })

  test('that takes nothing', async () => {
    const { host } = await start({ readOnly: true })
    await expect(roundTrip(`${host}/a/b:1`, home.options([host]))).rejects.toMatchObject({
      code: 'ERR_REGISTRY_REFUSED',
      facts: { status: 405 },
    })
  })
})
