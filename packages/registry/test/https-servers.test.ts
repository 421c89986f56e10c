import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import {
  type Certificates,
  makeCertificates,
  missingPrograms,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { inTurn, openFake, reply, startServer } from './fake-registry.ts'
import { thrownBy } from './thrown.ts'

const manifest = reply(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }, '{}')
const credentials = { username: 'user', password: 'hunter2' }
const missing = missingPrograms('openssl')

describe.skipIf(missing !== undefined)(
  `registries with TLS${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    const certDir = mkdtempSync(join(tmpdir(), 'composefs-https-'))
    afterAll(() => rmSync(certDir, { recursive: true }))
    let made: Certificates
    beforeAll(() => {
      const work = mkdtempSync(join(tmpdir(), 'composefs-https-'))
      made = makeCertificates(work)
      copyFileSync(made.caFile, join(certDir, 'ca.crt'))
      copyFileSync(made.client.certFile, join(certDir, 'client.cert'))
      copyFileSync(made.client.keyFile, join(certDir, 'client.key'))
      rmSync(work, { recursive: true })
    })
    const server = () => ({
      cert: made.cert,
      key: made.key,
      ca: made.ca,
      requestCert: true,
      rejectUnauthorized: false,
    })
    const strict = () => ({ tlsVerify: true, certDir, credentials })

    test.each([
      ['over plain HTTP', 'Bearer realm="http://auth.example/token"'],
      ['from nowhere', 'Bearer service="s"'],
      ['from a file', 'Bearer realm="file:///etc/passwd"'],
    ])('no token is asked for %s', async (_, challenge) => {
      const registry = await startServer(reply(401, { 'www-authenticate': challenge }), server())
      const remote = await openFake(registry, strict())
      const error = await thrownBy(remote.getManifest('t'))
      expect(error.code).toBe('ERR_REGISTRY_PROTOCOL')
      expect(error.message).toMatch(/token server/)
      expect(registry.paths()).toHaveLength(1)
    })

    test('a certificate and a password go to the registry, and to nobody that it points to', async () => {
      const shown: (string | undefined)[] = []
      const storage = await startServer(({ headers }, response) => {
        shown.push(peerOf(response.socket), headers.authorization)
        return manifest({} as never, response)
      }, server())
      const registry = await startServer((request, response) => {
        shown.push(peerOf(response.socket), request.headers.authorization)
        if (request.headers.authorization === undefined) {
          return reply(401, { 'www-authenticate': 'Basic realm="r"' })(request, response)
        }
        return reply(307, { location: `${storage.url}/blob?signed` })(request, response)
      }, server())
      const remote = await openFake(registry, strict())
      await remote.getManifest('t')
      const basic = `Basic ${Buffer.from('user:hunter2').toString('base64')}`
      expect(shown).toEqual(['client', undefined, 'client', basic, undefined, undefined])
    })

    test('a redirect to plain HTTP is not followed', async () => {
      const plain = await startServer(manifest)
      const registry = await startServer(reply(302, { location: plain.url }), server())
      const remote = await openFake(registry, strict())
      const error = await thrownBy(remote.getManifest('t'))
      expect(error.code).toBe('ERR_REGISTRY_PROTOCOL')
      expect(plain.seen).toEqual([])
    })

    test('plain HTTP is spoken with registries that are marked insecure, and with no others', async () => {
      const registry = await startServer(manifest)
      const strictly = await openFake(registry, { tlsVerify: undefined })
      const error = await thrownBy(strictly.getManifest('t'))
      expect(error.code).toBe('ERR_REGISTRY_TLS')
      expect(error.message).toContain('plain HTTP')
      expect(registry.seen).toEqual([])
      const conf = `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`
      const loosely = await openFake(registry, { tlsVerify: undefined, conf })
      await loosely.getManifest('t')
      const firmly = await openFake(registry, { tlsVerify: true, conf })
      expect((await thrownBy(firmly.getManifest('t'))).code).toBe('ERR_REGISTRY_TLS')
    })

    test('TLS is spoken with insecure registries that know it', async () => {
      const registry = await startServer(manifest, server())
      const remote = await openFake(registry)
      await remote.getManifest('t')
      const strictly = await openFake(registry, { tlsVerify: true })
      const error = await thrownBy(strictly.getManifest('t'))
      expect(error.code).toBe('ERR_REGISTRY_TLS')
      expect(error.message).toContain('certificate is not trusted')
      expect(strictly.events).toEqual([])
    })

    test('a handshake that never ends is given up', async () => {
      const silent = createPlainServer(socket => socket.on('error', () => {}))
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void silent.close())
      const host = `127.0.0.1:${(silent.address() as { port: number }).port}`
      const remote = await openFake({ host }, { tlsVerify: true, idleTimeoutMs: 300, retries: 1 })
      const error = await thrownBy(remote.getManifest('t'))
      expect(error.code).toBe('ERR_REGISTRY_TIMEOUT')
      expect(error.facts.tries).toBe(2)
      await remote.close()
    })

    test('a connection that breaks within TLS goes on', async () => {
      const content = Buffer.alloc(400_000, 7)
      const registry = await startServer(
        inTurn(
          (_, response) => {
            response.writeHead(200, { 'content-length': content.length })
            response.write(content.subarray(0, 100_000), () => response.socket?.destroy())
          },
          ({ headers }, response) => {
            const start = Number(/\d+/.exec(headers.range ?? '')?.[0])
            const range = `bytes ${start}-${content.length - 1}/${content.length}`
            return response.writeHead(206, { 'content-range': range }).end(content.subarray(start))
          },
        ),
        server(),
      )
      const remote = await openFake(registry, strict())
      let size = 0
      const blob = { digest: `sha256:${'1'.repeat(64)}`, size: content.length }
      for await (const chunk of remote.getBlob(blob)) size += chunk.byteLength
      expect(size).toBe(content.length)
    })
  },
)

/** The name in the certificate that a client showed. */
function peerOf(socket: unknown): string | undefined {
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN
  return Array.isArray(name) ? name[0] : name
}
