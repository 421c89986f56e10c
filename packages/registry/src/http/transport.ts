import { isIP } from 'node:net'
import type { Environment } from '../config/config-file.ts'
import { proxyFor } from '../config/proxy.ts'
import { loadTlsSettings } from '../config/tls-settings.ts'
import { Dispatchers } from './dispatchers.ts'
import { exchange, type HttpRequest, type HttpResponse, type TimeLimits } from './exchange.ts'
import { sendFollowing } from './redirects.ts'

/** How a client reaches one registry, and the token servers and storages that it points to. */
export interface TransportOptions {
  /** As in references: `docker.io` has its certificates under this name. */
  readonly host: string
  /** Certificates need no proof, and plain HTTP will do. */
  readonly isInsecure: boolean
  readonly certDir: string | undefined
  readonly idleTimeoutMs: number
  readonly userAgent: string
  readonly env: Environment
}

/** Longest wait for a connection, in ms, where the idle time-out is longer or none: it only ever means a dead host. */
const CONNECT_TIMEOUT_MAX = 30_000

/** A small document takes no longer than this many idle time-outs, however slowly it drips. */
const DOCUMENT_IDLE_TIMES = 5

/** Where Docker Hub answers. */
const DOCKER_HUB = 'registry-1.docker.io'

/** Sends requests, with the certificates, proxies and time limits that belong to them. */
export class Transport {
  readonly isInsecure: boolean
  readonly #options: TransportOptions
  readonly #dispatchers: Dispatchers
  #isClosed = false

  constructor(options: TransportOptions) {
    const { env, idleTimeoutMs } = options
    this.isInsecure = options.isInsecure
    this.#options = options
    this.#dispatchers = new Dispatchers({
      tlsFor: url => this.#tlsFor(url),
      proxyTlsFor: url => loadTlsSettings(url.host, { env }),
      proxyFor: url => proxyFor(url, env),
      connectTimeoutMs: Math.min(idleTimeoutMs || CONNECT_TIMEOUT_MAX, CONNECT_TIMEOUT_MAX),
    })
  }

  /** Origin of the registry. */
  origin(protocol: 'https:' | 'http:'): URL {
    return new URL(`${protocol}//${apiHost(this.#options.host)}/`)
  }

  /**
   * Sends a request, follows redirects, and gives the head of the answer. `isDocument` bounds the time for the whole.
   *
   * @throws FailedTry, the reason of the signal, and RegistryError ERR_REGISTRY_BAD_CONFIG
   */
  send(request: HttpRequest, options: { readonly isDocument: boolean }): Promise<HttpResponse> {
    const idleMs = this.#options.idleTimeoutMs
    const limits = { idleMs, totalMs: options.isDocument ? idleMs * DOCUMENT_IDLE_TIMES : 0 }
    return sendFollowing(
      {
        ...request,
        headers: { 'user-agent': this.#options.userAgent, ...request.headers },
      },
      { send: step => this.#send(step, limits), isInsecure: this.isInsecure },
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#dispatchers.destroy()
  }

  async #send(request: HttpRequest, limits: TimeLimits): Promise<HttpResponse> {
    const dispatcher = await this.#dispatchers.for(request.url)
    if (this.#isClosed) throw closedError()
    return exchange(dispatcher, request, limits)
  }

  #tlsFor(url: URL): ReturnType<typeof loadTlsSettings> {
    const { host, certDir, env, isInsecure } = this.#options
    const isOwn = url.host === this.origin('https:').host
    return loadTlsSettings(isOwn ? host : url.host, {
      certDir,
      tlsVerify: !isInsecure,
      // Who we are is the registry's business alone.
      showCertificates: isOwn || certDir === undefined,
      env,
    })
  }
}

/** What is used after close() fails with this. */
export function closedError(): DOMException {
  return new DOMException('the client of the registry is closed', 'AbortError')
}

/** True for this machine itself, which nobody can listen in on the way to. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

function apiHost(host: string): string {
  return host === 'docker.io' ? DOCKER_HUB : host
}
