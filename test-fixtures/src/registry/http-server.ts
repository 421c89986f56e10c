import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ServerCertificate } from './certificates.ts'

/** A server on a free port of loopback. */
export interface LoopbackServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** `http://HOST` or `https://HOST`. */
  readonly url: string
  /** Cuts every connection and closes. */
  stop(): Promise<void>
}

/** Where and how a server of the tests listens. */
export interface ListenOptions {
  /** Speaks TLS with this certificate. */
  readonly tls?: ServerCertificate | undefined
}

/** Listens on loopback. A listener that fails answers 500, or cuts what it began. */
export async function listen(
  listener: (...args: Parameters<RequestListener>) => Promise<void>,
  { tls }: ListenOptions = {},
): Promise<LoopbackServer> {
  const onRequest: RequestListener = (request, response) => {
    listener(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end(String(error))
    })
  }
  const server: Server =
    tls === undefined
      ? createServer(onRequest)
      : createTlsServer({ cert: tls.cert, key: tls.key }, onRequest)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
