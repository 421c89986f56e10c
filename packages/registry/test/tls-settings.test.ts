import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import {
  type Certificates,
  makeCertificates,
  makeSelfSigned,
  missingPrograms,
  type ServerCertificate,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { loadTlsSettings, type TlsOptions } from '../src/config/tls-settings.ts'
import { rejection, temporaryDirectory } from './temporary-directory.ts'

const HOST = '127.0.0.1:5000'
const missing = missingPrograms('openssl')

describe.skipIf(missing !== undefined)(`TLS${missing === undefined ? '' : `: ${missing}`}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'composefs-tls-'))
  afterAll(() => rmSync(work, { recursive: true }))
  let server: Certificates
  let client: ServerCertificate
  beforeAll(() => {
    server = makeCertificates(work)
    client = makeSelfSigned(work, 'client', '/CN=client')
  })

  /** Files by name; a home directory that has nothing; no certificates of this system. */
  function withFiles(files: Readonly<Record<string, string>>): TlsOptions & { certDir: string } {
    const certDir = temporaryDirectory()
    for (const [name, from] of Object.entries(files)) copyFileSync(from, join(certDir, name))
    return { certDir, env: { HOME: temporaryDirectory() }, systemDirectories: [] }
  }

  /** The common name that the server sees, or the code of the error that the client sees. */
  async function handshake(options: TlsOptions): Promise<string> {
    const listener = createServer({
      cert: server.cert,
      key: server.key,
      requestCert: true,
      rejectUnauthorized: false,
    })
    const names: string[] = []
    listener.on('secureConnection', (socket: TLSSocket) => {
      const { subject } = socket.getPeerCertificate()
      names.push(subject === undefined ? 'nobody' : String(subject.CN))
      socket.end()
    })
    listener.on('tlsClientError', () => {})
    listener.listen(0, '127.0.0.1')
    onTestFinished(() => void listener.close())
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const settings = await loadTlsSettings(HOST, options)
    const socket = connect({ host: '127.0.0.1', port, ...settings })
    try {
      await once(socket.resume(), 'end')
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code)
    } finally {
      socket.destroy()
    }
    return names.join()
  }

  test('by an authority that nobody trusts', async () => {
    expect(await handshake(withFiles({}))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })

  test('by an authority of the directory', async () => {
    expect(await handshake(withFiles({ 'ca.crt': server.caFile }))).toBe('nobody')
    expect(await handshake(withFiles({ 'ca.pem': server.caFile }))).toBe(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    )
  })

  test('without trust', async () => {
    expect(await handshake({ ...withFiles({}), tlsVerify: false })).toBe('nobody')
  })

  test('with a certificate of our own', async () => {
    const files = {
      'ca.crt': server.caFile,
      'me.cert': client.certFile,
      'me.key': client.keyFile,
    }
    expect(await handshake(withFiles(files))).toBe('client')
    expect(await handshake({ ...withFiles(files), tlsVerify: false })).toBe('client')
  })

  test('by certs.d of the user, of podman and of Docker, the first that is there', async () => {
    const home = temporaryDirectory()
    const options = (...directories: string[]): TlsOptions => ({
      env: { HOME: home },
      systemDirectories: directories,
    })
    const put = (parent: string, host = HOST) => {
      mkdirSync(join(parent, host), { recursive: true })
      copyFileSync(server.caFile, join(parent, host, 'ca.crt'))
      return parent
    }
    const empty = temporaryDirectory()
    mkdirSync(join(empty, HOST))
    const other = put(temporaryDirectory(), '127.0.0.1')
    const full = put(temporaryDirectory())
    expect(await handshake(options(other, full))).toBe('nobody')
    expect(await handshake(options(other))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    expect(await handshake(options(empty, full))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    put(join(home, '.config/containers/certs.d'))
    expect(await handshake(options(empty))).toBe('nobody')
  })

  test.each([
    ['a key alone', { 'me.key': 'keyFile' }, /me\.key: a key without a certificate/],
    ['a certificate alone', { 'me.cert': 'certFile' }, /me\.cert: a certificate without a key/],
    ['a key as certificate', { 'ca.crt': 'keyFile' }, /ca\.crt: no certificate/],
    [
      'a certificate as key',
      { 'me.cert': 'certFile', 'me.key': 'certFile' },
      /me\.key: no private key/,
    ],
  ] as const)('not with %s', async (_, names, message) => {
    const files = Object.entries(names).map(([name, kind]) => [name, client[kind]])
    const error = await rejection(loadTlsSettings(HOST, withFiles(Object.fromEntries(files))))
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_BAD_CONFIG' })
    expect((error as Error).message).toMatch(message)
  })

  test('not with the key of another certificate', async () => {
    const files = { 'me.cert': client.certFile, 'me.key': server.keyFile }
    const error = await rejection(loadTlsSettings(HOST, withFiles(files)))
    expect((error as Error).message).toMatch(/me\.key: not the key of/)
  })

  test('not with a directory that is not there', async () => {
    const certDir = join(temporaryDirectory(), 'none')
    expect(await rejection(loadTlsSettings(HOST, { certDir }))).toMatchObject({
      code: 'ERR_REGISTRY_BAD_CONFIG',
      facts: { path: certDir },
    })
  })
})
