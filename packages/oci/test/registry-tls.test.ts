import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { registryUnavailable, type TestRegistry } from '@composefs/test-fixtures/registry'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { guardedImage } from './guarded-image.ts'
import { registryHome } from './registry-home.ts'

const unavailable = registryUnavailable()
const why = unavailable === undefined ? '' : `: ${unavailable}`

describe.skipIf(unavailable !== undefined)(`TLS, with a real registry${why}`, () => {
  const home = registryHome()
  const image = guardedImage()
  let secure: TestRegistry
  let plain: TestRegistry
  beforeAll(async () => {
    secure = await image.start({ tls: true })
    plain = await image.start({})
  })

  test('an authority that nobody trusts', async () => {
    expect(await image.codeOfPull(secure.host, home.options([]))).toBe('ERR_REGISTRY_TLS')
  })

  test('an authority in the directory that was named', async () => {
    const certDir = mkdtempSync(join(image.work, 'certs-'))
    cpSync(secure.certificates?.caFile ?? '', join(certDir, 'ca.crt'))
    await image.expectPull(secure.host, home.options([], { certDir }))
    const empty = mkdtempSync(join(image.work, 'certs-'))
    const options = home.options([], { certDir: empty })
    expect(await image.codeOfPull(secure.host, options)).toBe('ERR_REGISTRY_TLS')
  })

  test('an authority in certs.d', async () => {
    const certs = join(home.path, '.config/containers/certs.d', secure.host)
    mkdirSync(certs, { recursive: true })
    cpSync(secure.certificates?.caFile ?? '', join(certs, 'ca.crt'))
    onTestFinished(() => rmSync(certs, { recursive: true }))
    await image.expectPull(secure.host, home.options([]))
  })

  test('a certificate of the client', async () => {
    const strict = await image.start({ tls: true, clientCertificates: true })
    const { caFile = '', client } = strict.certificates ?? {}
    const certDir = mkdtempSync(join(image.work, 'certs-'))
    cpSync(caFile, join(certDir, 'ca.crt'))
    const options = home.options([], { certDir, retries: 0 })
    // Only after the handshake of TLS 1.3 does a server say so, or just leave.
    expect(['ERR_REGISTRY_TLS', 'ERR_REGISTRY_UNAVAILABLE']).toContain(
      await image.codeOfPull(strict.host, options),
    )
    cpSync(client?.certFile ?? '', join(certDir, 'client.cert'))
    cpSync(client?.keyFile ?? '', join(certDir, 'client.key'))
    await image.expectPull(strict.host, options)
  })

  test('nobody asks for trust', async () => {
    await image.expectPull(secure.host, home.options([], { tlsVerify: false }))
    await image.expectPull(secure.host, home.options([secure.host]))
  })

  test('a registry without it', async () => {
    expect(await image.codeOfPull(plain.host, home.options([]))).toBe('ERR_REGISTRY_TLS')
    await image.expectPull(plain.host, home.options([], { tlsVerify: false }))
    await image.expectPull(plain.host, home.options([plain.host]))
    // Somebody who says that there is TLS is not to get less.
    const options = home.options([plain.host], { tlsVerify: true })
    expect(await image.codeOfPull(plain.host, options)).toBe('ERR_REGISTRY_TLS')
  })
})
