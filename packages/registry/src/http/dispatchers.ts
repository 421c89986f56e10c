import { Socket } from 'node:net'
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

/**
 * Origins whose connections are kept. The certificates of one take a megabyte, and a registry may send us to another
 * origin with each answer.
 */
const ORIGINS_MAX = 32

/** The connections of a client, kept by origin: each has its own certificates and perhaps a proxy. */
export class Dispatchers {
  readonly #options: DispatcherOptions
  /** The one that was wanted last is the last one. */
  readonly #byOrigin = new Map<string, Promise<Dispatcher>>()
  /** That end with what is under way on them. */
  readonly #retired = new Set<Promise<Dispatcher>>()
  /** That are being made: undici knows of them when they are. */
  readonly #connecting = new Set<Socket>()
  #isClosed = false

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** @throws RegistryError ERR_REGISTRY_BAD_CONFIG for certificates or a proxy that cannot be used */
  for(url: URL): Promise<Dispatcher> {
    const { origin } = url
    const known = this.#byOrigin.get(origin)
    if (known !== undefined) {
      this.#byOrigin.delete(origin)
      this.#byOrigin.set(origin, known)
      return known
    }
    const made = this.#connect(url)
    this.#byOrigin.set(origin, made)
    made.catch(() => {
      if (this.#byOrigin.get(origin) === made) this.#byOrigin.delete(origin)
    })
    const [oldest] = this.#byOrigin
    if (oldest !== undefined && this.#byOrigin.size > ORIGINS_MAX) this.#retire(...oldest)
    return made
  }

  /** Ends all connections, and what is under way on them. */
  async destroy(): Promise<void> {
    this.#isClosed = true
    const made = await Promise.allSettled([...this.#byOrigin.values(), ...this.#retired])
    this.#byOrigin.clear()
    for (const socket of this.#connecting) socket.destroy()
    await Promise.all(
      made.map(result => (result.status === 'fulfilled' ? result.value.destroy() : undefined)),
    )
  }

  #retire(origin: string, made: Promise<Dispatcher>): void {
    this.#byOrigin.delete(origin)
    this.#retired.add(made)
    const forget = () => this.#retired.delete(made)
    made.then(dispatcher => dispatcher.close()).then(forget, forget)
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
    if (this.#isClosed) await made.destroy()
    return made
  }

  async #directly(url: URL, tls: Partial<TlsSettings>): Promise<Dispatcher> {
    const { Pool } = await loadUndici()
    return new Pool(url.origin, { connect: await this.#connector(tls) })
  }

  async #throughProxy(proxy: URL, isTls: boolean, tls: Partial<TlsSettings>): Promise<Dispatcher> {
    const timeout = this.#options.connectTimeoutMs
    const proxyTls = proxy.protocol === 'https:' ? await this.#options.proxyTlsFor(proxy) : {}
    const connect = await this.#connector(proxyTls)
    const { Pool, ProxyAgent } = await loadUndici()
    return new ProxyAgent({
      uri: proxy.href,
      // Many proxies let nobody through to port 80; plain HTTP they forward.
      proxyTunnel: isTls,
      requestTls: { ...tls, timeout },
      proxyTls: { ...proxyTls, timeout },
      // The answer to CONNECT is waited for by undici alone.
      clientFactory: (origin, options) =>
        new Pool(origin, { ...(options as Pool.Options), connect, headersTimeout: timeout }),
    })
  }

  async #connector(tls: Partial<TlsSettings>): Promise<buildConnector.connector> {
    const { buildConnector } = await loadUndici()
    const connect = buildConnector({ ...tls, timeout: this.#options.connectTimeoutMs })
    return (options, callback) => {
      // undici returns the socket, its types do not say so.
      const made: unknown = connect(options, (...[error, socket]) => {
        if (made instanceof Socket) this.#connecting.delete(made)
        // A server that does not like our certificate says so after the handshake, and ends the connection; undici
        // would tell of the end alone.
        socket?.on('error', reason => socket.destroy(reason))
        if (error === null) callback(null, socket)
        else callback(error, null)
      })
      if (made instanceof Socket) {
        this.#connecting.add(made)
        made.once('close', () => this.#connecting.delete(made))
      }
    }
  }
}
