import { once } from 'node:events'
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Fault, FaultRule } from './fault.ts'
import { FaultRules } from './fault.ts'
import { sendBody } from './fault-body.ts'
import { type ListenOptions, type LoopbackServer, listen } from './http-server.ts'
import type { ProxiedRequest } from './proxied-request.ts'

export interface FaultProxyOptions extends ListenOptions {
  /** Origin of the registry: `http://127.0.0.1:5000`. */
  readonly target: string
  /** PEM of the authority of a target with TLS. */
  readonly ca?: string | undefined
  readonly rules?: readonly FaultRule[]
  /** Headers for the target alone, such as an authorization that the client is not to have. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A proxy in front of a registry that makes of good answers what networks make of them. */
export interface FaultProxy extends LoopbackServer {
  /** In the order in which they came. */
  readonly requests: readonly ProxiedRequest[]
  /** Puts other rules in force, all counters at zero, and forgets the requests so far. */
  reset(rules?: readonly FaultRule[]): void
  /** Bytes sent for paths with this in them. */
  sentBytes(path?: string): number
}

/** Starts a proxy on a free port of loopback. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { ca, tls } = options
  const target = new URL(options.target)
  const agent =
    target.protocol === 'https:'
      ? new TlsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
      : new Agent({ keepAlive: true })
  let rules = new FaultRules(options.rules ?? [])
  let requests: ProxiedRequest[] = []

  const server = await listen(
    async (incoming, response) => {
      const fault = rules.next(incoming)
      const record: ProxiedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        fault: fault?.kind,
        status: 0,
        sent: 0,
        isComplete: false,
      }
      requests.push(record)
      await answer({ incoming, response, fault, record, target, agent, options })
    },
    { tls },
  )
  return {
    ...server,
    get requests() {
      return requests
    },
    reset(next = []) {
      rules = new FaultRules(next)
      requests = []
    },
    sentBytes: (path = '') =>
      requests
        .filter(record => record.path.includes(path))
        .reduce((sum, { sent }) => sum + sent, 0),
    async stop() {
      await server.stop()
      agent.destroy()
    },
  }
}

/** A request on its way. */
interface Exchange {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly fault: Fault | undefined
  readonly record: ProxiedRequest
  readonly target: URL
  readonly agent: Agent
  readonly options: FaultProxyOptions
}

async function answer(exchange: Exchange): Promise<void> {
  const { incoming, response, fault, record } = exchange
  // A client that goes away is part of the tests.
  response.on('error', () => {})
  incoming.on('error', () => {})
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const reply = (status: number, headers: Readonly<Record<string, string>> = {}, body = '') => {
    record.status = status
    record.isComplete = true
    incoming.resume()
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body)
  }
  switch (fault?.kind) {
    case 'status':
      return reply(fault.status, fault.headers, fault.body)
    case 'redirect': {
      const { to, status = 307 } = fault
      return reply(status, { location: new URL(to).pathname === '/' ? `${to}${record.path}` : to })
    }
    case 'refuse-range':
      return reply(416)
    case 'reset-upload':
      return await resetUpload(exchange, fault.after)
    case 'reset':
    case 'stall':
      if (fault.after > 0) break
      if (fault.kind === 'reset') cut(response)
      return
    case 'delay':
      await pause(fault.milliseconds, gone.signal)
      break
  }
  if (!gone.signal.aborted) await forward(exchange, gone.signal)
}

async function forward(exchange: Exchange, gone: AbortSignal): Promise<void> {
  const { incoming, response, fault, record, target, agent, options } = exchange
  const headers = { ...incoming.headers, ...options.headers }
  if (fault?.kind === 'ignore-range') delete headers.range
  if (fault?.kind === 'other-range') headers.range = `bytes=${fault.from}-`
  // The registry names itself in answers by the name it was called, and by this.
  if (options.tls !== undefined) headers['x-forwarded-proto'] = 'https'
  const outgoing = (target.protocol === 'https:' ? tlsRequest : request)(
    new URL(record.path, target),
    { method: record.method, headers, agent, signal: gone },
  )
  try {
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
    incoming.pipe(outgoing)
    const [upstream] = await answered
    const hasBody = record.method !== 'HEAD'
    const shortened = fault?.kind === 'shorten' && hasBody
    record.status = upstream.statusCode ?? 0
    const head = { ...upstream.headers }
    if (shortened) head['content-length'] = String(fault.after)
    delete head.connection
    response.writeHead(record.status, head)
    response.flushHeaders()
    const end = await sendBody(upstream, response, { fault, record, gone })
    if (end === 'cut') return cut(response)
    if (end === 'stalled') return
    record.isComplete = end === 'complete'
    // With the length not reached this closes the connection in order.
    if (end === 'complete') response.end()
    else response.socket?.end()
  } catch (error) {
    if (!gone.aborted) throw error
  } finally {
    outgoing.destroy()
  }
}

async function resetUpload(exchange: Exchange, after: number): Promise<void> {
  let received = 0
  for await (const chunk of exchange.incoming) {
    received += (chunk as Buffer).length
    if (received >= after) break
  }
  cut(exchange.response)
}

/** Resets the connection; one with TLS is closed without its farewell. */
function cut(response: ServerResponse): void {
  const { socket } = response
  if (socket === null) return
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
