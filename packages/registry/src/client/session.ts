import { Authorizer } from '../auth/authorizer.ts'
import { type Actions, repositoryScope } from '../auth/scopes.ts'
import { Secrets } from '../auth/secrets.ts'
import type { CredentialStore } from '../config/credentials.ts'
import type { RegistryEndpoint } from '../config/endpoints.ts'
import type { HttpMethod, HttpResponse } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { closedError, Transport } from '../http/transport.ts'
import { whileWaiting } from '../http/while-waiting.ts'
import { findOrigin } from './origin.ts'
import { ownUrl } from './own-url.ts'
import { refusalOf } from './refusal.ts'
import type { ResolvedOptions } from './resolved-options.ts'
import { Retries } from './retries.ts'

/** A request to the repository of a session. */
export interface SessionRequest {
  /** For people: `manifest 41`. */
  readonly what: string
  readonly method: HttpMethod
  /** Below `/v2/REPOSITORY/`, or a whole URL that the registry gave. */
  readonly path: string | URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A stream is made anew for each try. */
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>) | undefined
  /** Statuses that are answers; any other is an error. */
  readonly expected: readonly number[]
  /** Default: `pull`. A session that is to push asks for `pull,push` from the beginning. */
  readonly actions?: Actions | undefined
  /** Scopes beside that of the repository, such as that of one to mount a blob from. */
  readonly scopes?: readonly string[] | undefined
  /** True where the answer is small, and is to come in bounded time. */
  readonly isDocument?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a session is made from. */
export interface SessionOptions {
  readonly endpoint: RegistryEndpoint
  readonly credentials: CredentialStore
  readonly options: ResolvedOptions
}

/** One repository at one registry or mirror: requests to it prove who we are, and are tried again. */
export class RegistrySession {
  readonly host: string
  readonly repository: string
  readonly isMirror: boolean
  readonly #options: ResolvedOptions
  readonly #transport: Transport
  readonly #authorizer: Authorizer
  readonly #secrets = new Secrets()
  readonly #closing = new AbortController()
  #origin: Promise<URL> | undefined

  constructor({ endpoint, credentials, options }: SessionOptions) {
    const { host, repository } = endpoint
    const isInsecure = options.tlsVerify === undefined ? endpoint.insecure : !options.tlsVerify
    this.host = host
    this.repository = repository
    this.isMirror = endpoint.isMirror
    this.#options = options
    this.#transport = new Transport({ ...options, host, isInsecure })
    this.#authorizer = new Authorizer({
      host,
      repository,
      credentials,
      transport: this.#transport,
      secrets: this.#secrets,
      closing: this.#closing.signal,
    })
  }

  /** Registry and repository, for messages. */
  get name(): string {
    return `${this.host}/${this.repository}`
  }

  /**
   * Sends a request until it is answered as expected. The caller reads or closes the body; what `take` makes of the
   * answer belongs to the try, so a body that fails is asked for again.
   *
   * @throws RegistryError, and the reason of the signal
   */
  async request<T = HttpResponse>(
    request: SessionRequest,
    take: (response: HttpResponse) => Promise<T> | T = response => response as T,
  ): Promise<T> {
    const retries = this.retries(request.what, request.signal, request.method)
    while (true) {
      let response: HttpResponse | undefined
      try {
        response = await this.attempt(request)
        return await take(response)
      } catch (error) {
        response?.body.close()
        await retries.wait(error)
      }
    }
  }

  /** The tries of something that is more than one request. */
  retries(what: string, signal: AbortSignal | undefined, method: HttpMethod = 'GET'): Retries {
    const { host, repository, name: where } = this
    return new Retries({
      what,
      method,
      where,
      facts: { registry: host, repository },
      tries: this.#options.retries + 1,
      signal: this.#whileOpen(signal),
      onRetry: this.#options.onRetry,
    })
  }

  /**
   * Sends a request once; once more where the registry asks who we are, or where a token ran out.
   *
   * @throws FailedTry, the reason of the signal, and RegistryError ERR_REGISTRY_BAD_CONFIG
   */
  async attempt(request: SessionRequest): Promise<HttpResponse> {
    const { method, actions = 'pull', signal } = request
    if (this.#closing.signal.aborted) throw closedError()
    const origin = await this.#findOrigin(signal)
    const url = this.#urlOf(request.path, origin)
    const isOwn = url.origin === origin.origin
    const scopes = [repositoryScope(this.repository, actions), ...(request.scopes ?? [])]
    for (let isRenewed = false; ; isRenewed = true) {
      const authorization = isOwn ? await this.#authorizer.authorize(scopes, signal) : undefined
      const response = await this.#send(request, url, authorization)
      if (request.expected.includes(response.status)) return response
      const isOwnAnswer = response.url.origin === origin.origin
      if (response.status === 401 && isOwnAnswer && !isRenewed) {
        if (await this.#learn(response, { scopes, authorization, signal })) {
          await response.body.drain()
          continue
        }
      }
      throw await refusalOf(response, {
        method,
        isOwnOrigin: isOwnAnswer,
        hasCredentials: await this.#authorizer.hasCredentials(),
        redact: text => this.#secrets.redact(text),
      })
    }
  }

  /** Ends everything that is under way. */
  async close(): Promise<void> {
    this.#closing.abort(closedError())
    await this.#transport.close()
  }

  async #learn(
    response: HttpResponse,
    sent: {
      readonly scopes: readonly string[]
      readonly authorization: string | undefined
      readonly signal: AbortSignal | undefined
    },
  ): Promise<boolean> {
    const { scopes, authorization, signal } = sent
    try {
      return await whileWaiting(
        this.#authorizer.learn(response, scopes, authorization),
        this.#whileOpen(signal),
      )
    } catch (error) {
      response.body.close()
      throw error
    }
  }

  async #send(
    request: SessionRequest,
    url: URL,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const { method, headers, body, signal, isDocument = false } = request
    try {
      return await this.#transport.send(
        {
          method,
          url,
          headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
          body: typeof body === 'function' ? body() : body,
          signal: this.#whileOpen(signal),
        },
        { isDocument },
      )
    } catch (error) {
      throw error instanceof FailedTry ? error.with({ url: `${url.origin}${url.pathname}` }) : error
    }
  }

  #urlOf(path: string | URL, origin: URL): URL {
    if (path instanceof URL) return ownUrl(path, origin, this.#transport.isInsecure)
    return new URL(`/v2/${this.repository}/${path}`, origin)
  }

  /** Found once, for all requests: what failed is asked again by the next one. */
  #findOrigin(signal: AbortSignal | undefined): Promise<URL> {
    if (this.#origin === undefined) {
      const found = findOrigin(this.#transport, this.#closing.signal)
      this.#origin = found
      found.catch(() => {
        this.#origin = undefined
      })
    }
    return whileWaiting(this.#origin, signal)
  }

  #whileOpen(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal
    return signal === undefined ? closing : AbortSignal.any([signal, closing])
  }
}
