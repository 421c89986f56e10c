import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'

/** A web server on loopback with the vectors below `/vectors/` and a page. */
export interface VectorServer {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string
  readonly host: string
  close(): Promise<void>
}

/** @param script what the page at `/` loads */
export async function startVectorServer(script: string): Promise<VectorServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(
        '<!doctype html><title>vectors</title><script type="module" src="/suite.js"></script>',
      )
    } else if (pathname === '/suite.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8')
      response.end(script)
    } else {
      const file = vectorFile(pathname)
      if (file === undefined) response.writeHead(404).end()
      else createReadStream(file).pipe(response)
    }
  })
  // Rows may compute for longer than connections are kept, and a request on one that closes just then fails.
  server.keepAliveTimeout = 0
  await listening(server)
  const { port } = server.address() as AddressInfo
  const host = `127.0.0.1:${port}`
  return {
    url: `http://${host}/`,
    host,
    close: () => {
      const closed = Promise.withResolvers<void>()
      server.close(error => (error ? closed.reject(error) : closed.resolve()))
      server.closeAllConnections()
      return closed.promise
    },
  }
}

function listening(server: Server): Promise<void> {
  const ready = Promise.withResolvers<void>()
  server.once('error', ready.reject)
  server.listen(0, '127.0.0.1', ready.resolve)
  return ready.promise
}

function vectorFile(pathname: string): string | undefined {
  const [, rest] = /^\/vectors\/(.+)$/.exec(decodeURIComponent(pathname)) ?? []
  const file = rest === undefined ? undefined : join(vectorsDirectory, normalize(`/${rest}`))
  return file !== undefined && existsSync(file) && statSync(file).isFile() ? file : undefined
}
