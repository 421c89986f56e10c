import type { buildConnector, Dispatcher, Pool } from 'undici'
import type { TlsSettings } from '../config/tls-settings.ts'

/** It takes longer to load than most programs run that could speak with a registry and do not. */
const loadUndici = () => import('undici')

/** How connections are made. */
export interface DispatcherOptions {
  /** For connections to that URL, registry or not. */
  tlsFor(url: URL): Promise<TlsSettings>
  /** For the connection to a proxy itself. */
  proxyTlsFor(url: URL): Promise<TlsSettings>
  /** URL of the proxy for a URL, credentials included; undefined for none. */
  proxyFor(url: URL): string | undefined
  /** For name, connection and handshake together, in ms. */
  readonly connectTimeoutMs: number
}

/** The connections of a client, kept by origin: each has its own certificates and perhaps a proxy. */
export class Dispatchers {
  readonly #options: DispatcherOptions
  readonly #byOrigin = new Map<string, Promise<Dispatcher>>()
  readonly #closing = new AbortController()

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** @throws RegistryError ERR_REGISTRY_BAD_CONFIG for certificates or a proxy that cannot be used */
  for(url: URL): Promise<Dispatcher> {
    const known = this.#byOrigin.get(url.origin)
    if (known !== undefined) return known
    const made = this.#connect(url)
    this.#byOrigin.set(url.origin, made)
    made.catch(() => this.#byOrigin.delete(url.origin))
    return made
  }

  /** Ends all connections, and what is under way on them. */
  async destroy(): Promise<void> {
    // Those that wait for a connection, too.
    this.#closing.abort()
    const made = await Promise.allSettled(this.#byOrigin.values())
    this.#byOrigin.clear()
    await Promise.all(
      made.map(result => (result.status === 'fulfilled' ? result.value.destroy() : undefined)),
    )
  }

  async #connect(url: URL): Promise<Dispatcher> {
    const proxy = this.#options.proxyFor(url)
    const isTls = url.protocol === 'https:'
    const tls = isTls ? await this.#options.tlsFor(url) : {}
    const made =
      proxy === undefined
        ? await this.#directly(url, tls)
        : await this.#throughProxy(new URL(proxy), isTls, tls)
    // Closed meanwhile: nobody else would.
    if (this.#closing.signal.aborted) await made.destroy()
    return made
  }

  async #directly(url: URL, tls: Partial<TlsSettings>): Promise<Dispatcher> {
    const { buildConnector, Pool } = await loadUndici()
    const connect = buildConnector(this.#connectOptions(tls))
    return new Pool(url.origin, { connect: withLateErrors(connect) })
  }

  async #throughProxy(proxy: URL, isTls: boolean, tls: Partial<TlsSettings>): Promise<Dispatcher> {
    const timeout = this.#options.connectTimeoutMs
    const proxyTls = proxy.protocol === 'https:' ? await this.#options.proxyTlsFor(proxy) : {}
    const { Pool, ProxyAgent } = await loadUndici()
    return new ProxyAgent({
      uri: proxy.href,
      // Many proxies let nobody through to port 80; plain HTTP they forward.
      proxyTunnel: isTls,
      requestTls: this.#connectOptions(tls),
      proxyTls: this.#connectOptions(proxyTls),
      // The answer to CONNECT is waited for by undici alone.
      clientFactory: (origin, options) =>
        new Pool(origin, { ...(options as Pool.Options), headersTimeout: timeout }),
    })
  }

  #connectOptions(tls: Partial<TlsSettings>): buildConnector.BuildOptions {
    const { signal } = this.#closing
    const options = { ...tls, timeout: this.#options.connectTimeoutMs, signal }
    // The socket takes the signal; undici's types know nothing of it.
    return options as buildConnector.BuildOptions
  }
}

/**
 * A server that does not like our certificate says so after the handshake, and ends the connection; undici would tell
 * of the end alone.
 */
function withLateErrors(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      socket?.on('error', reason => socket.destroy(reason))
      if (error === null) callback(null, socket)
      else callback(error, null)
    })
}
