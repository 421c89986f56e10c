import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { openRemote, type RemoteRepository, type RetryEvent } from '../src/index.ts'
import type { RegistryOptions } from '../src/registry-options.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What a server was asked. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Answer = (request: SeenRequest, response: ServerResponse) => unknown

export interface FakeServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly url: string
  readonly seen: SeenRequest[]
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>
  /** Those requests that were not for `/v2/` alone. */
  paths(): string[]
}

/** A server on loopback for as long as the test runs. */
export async function startServer(answer: Answer, tls?: ServerOptions): Promise<FakeServer> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request
    let body = ''
    try {
      for await (const piece of request) body += piece
    } catch {
      // The client has gone.
      return
    }
    const asked = { method, path, headers, body }
    seen.push(asked)
    await answer(asked, response)
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    seen,
    sockets,
    paths: () => seen.map(({ path }) => path).filter(path => path !== '/v2/'),
  }
}

/** Answers that take turns; the last one stays. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let turn = 0
  return (request, response) => {
    if (request.path === '/v2/') return response.end()
    return answers[Math.min(turn++, answers.length - 1)]?.(request, response)
  }
}

/** An answer with a body. */
export function reply(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): Answer {
  return (_, response) => response.writeHead(status, headers).end(body)
}

/** An error document of a registry. */
export function refuse(status: number, code: string, message = ''): Answer {
  return reply(
    status,
    { 'content-type': 'application/json' },
    JSON.stringify({ errors: [{ code, message }] }),
  )
}

/** The repository `a/b` of a server, without any configuration of this machine. */
export async function openFake(
  { host }: { readonly host: string },
  options: RegistryOptions & { readonly conf?: string } = {},
): Promise<RemoteRepository & { readonly events: RetryEvent[] }> {
  const { conf = '', ...rest } = options
  const home = temporaryDirectory({ 'registries.conf': conf })
  const events: RetryEvent[] = []
  const remote = await openRemote(`${host}/a/b:t`, {
    tlsVerify: false,
    registriesConf: `${home}/registries.conf`,
    idleTimeoutMs: 5000,
    env: { HOME: home },
    onRetry: event => events.push(event),
    ...rest,
  })
  onTestFinished(() => remote.close())
  return Object.assign(remote, { events })
}
