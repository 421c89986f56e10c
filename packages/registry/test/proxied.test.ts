import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRemote } from '../src/index.ts'
import { reply, startServer } from './fake-registry.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { everythingOf, thrownBy } from './thrown.ts'

const manifest = reply(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }, '{}')

/** A proxy that leads every host to one place. */
async function startProxy(target: string, status = 200) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`)
    if (status !== 200) return response.writeHead(status).end()
    return manifest({} as never, response)
  })
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`)
    socket.on('error', () => {})
    if (status === 0) return
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const port = Number(target.split(':')[1])
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://me:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function openProxied(url: string, tlsVerify: boolean) {
  const home = temporaryDirectory({ 'registries.conf': '' })
  const remote = await openRemote('registry.example/a/b', {
    env: { HOME: home, HTTPS_PROXY: url, HTTP_PROXY: url },
    registriesConf: `${home}/registries.conf`,
    tlsVerify,
    retries: 0,
    idleTimeoutMs: 1000,
  })
  onTestFinished(() => remote.close())
  return remote
}

const shown = `Basic ${Buffer.from('me:hunter2').toString('base64')}`

describe('behind a proxy', () => {
  test('TLS goes through a tunnel, plain HTTP is forwarded', async () => {
    // A server without TLS at the end of the tunnel: an insecure registry is then asked by plain HTTP.
    const server = await startServer(manifest)
    const proxy = await startProxy(server.host)
    const remote = await openProxied(proxy.url, false)
    expect((await remote.getManifest('t')).bytes).toHaveLength(2)
    expect(proxy.asked).toEqual([
      `CONNECT registry.example:443 ${shown}`,
      `GET http://registry.example/v2/ ${shown}`,
      `GET http://registry.example/v2/a/b/manifests/t ${shown}`,
    ])
  })

  test.each([
    [407, 'ERR_REGISTRY_UNAVAILABLE'],
    [502, 'ERR_REGISTRY_UNAVAILABLE'],
    [0, 'ERR_REGISTRY_TIMEOUT'],
  ])('one that answers by %i', async (status, code) => {
    const proxy = await startProxy('', status)
    const remote = await openProxied(proxy.url, true)
    const error = await thrownBy(remote.getManifest('t'))
    expect(error.code).toBe(code)
    if (status !== 0)
      expect(error.message).toContain(`the proxy refuses the connection (${status})`)
    expect(everythingOf(error)).not.toContain('hunter2')
  })
})
