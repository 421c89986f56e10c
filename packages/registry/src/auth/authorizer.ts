import type { Credentials } from '../config/credential.ts'
import type { CredentialStore } from '../config/credentials.ts'
import { type HttpResponse, headerOf } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { whileWaiting } from '../http/while-waiting.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { mergeScopes } from './scopes.ts'
import type { Secrets } from './secrets.ts'
import {
  basicAuthorization,
  fetchToken,
  type Token,
  type TokenService,
  tokenService,
} from './token-service.ts'

/** Whom we prove ourselves to, and with what. */
export interface AuthorizerOptions {
  readonly host: string
  readonly repository: string
  readonly credentials: CredentialStore
  readonly transport: Transport
  /** Is told what is shown to the registry. */
  readonly secrets: Secrets
  /** Ends what runs for several callers. */
  readonly closing: AbortSignal
}

type Scheme =
  | { readonly kind: 'basic'; readonly authorization: string }
  | { readonly kind: 'bearer'; readonly service: TokenService }

/**
 * Proves to one registry who asks. It learns how from the registry's own answer; tokens are kept by their scopes until
 * they run out, and asked for once however many requests wait for them.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #tokens = new Map<string, Promise<Token>>()
  /** What challenges asked for beyond what we knew, by what we knew. */
  readonly #wanted = new Map<string, readonly string[]>()
  #scheme: Scheme | undefined
  #credentials: Promise<Credentials | undefined> | undefined

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /** True where credentials are known. False before anything asked for them. */
  async hasCredentials(): Promise<boolean> {
    return (await this.#credentials) !== undefined
  }

  /**
   * The Authorization header for a request; undefined while the registry has not asked for one.
   *
   * @throws FailedTry of the token server, RegistryError ERR_REGISTRY_BAD_CONFIG, and the reason of the signal
   */
  async authorize(
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const scheme = this.#scheme
    if (scheme === undefined) return undefined
    if (scheme.kind === 'basic') return scheme.authorization
    return `Bearer ${await this.#token(scheme.service, scopes, signal)}`
  }

  /**
   * Takes over what a 401 asks for. What is asked of helpers for it is for all requests, so it goes on whoever gives up.
   *
   * @param sent the Authorization header that was not enough
   * @returns true if another try has something new to show
   */
  async learn(
    response: HttpResponse,
    scopes: readonly string[],
    sent: string | undefined,
  ): Promise<boolean> {
    const challenges = parseChallenges(headerOf(response, 'www-authenticate') ?? '')
    for (const challenge of challenges) {
      const scheme = await this.#schemeOf(challenge)
      if (scheme === undefined) continue
      this.#scheme = scheme
      if (scheme.kind === 'basic') return sent !== scheme.authorization
      await this.#renew(challenge, scopes, sent)
      return true
    }
    return false
  }

  async #schemeOf({ scheme, parameters }: Challenge): Promise<Scheme | undefined> {
    const { transport } = this.#options
    this.#credentials ??= this.#findCredentials()
    const found = await this.#credentials
    if (scheme === 'bearer') {
      const { isInsecure } = transport
      return {
        kind: 'bearer',
        service: tokenService(parameters, transport.origin('https:'), isInsecure),
      }
    }
    if (scheme !== 'basic' || found?.kind !== 'basic') return undefined
    return { kind: 'basic', authorization: basicAuthorization(found) }
  }

  async #findCredentials(): Promise<Credentials | undefined> {
    const { host, repository, credentials, secrets, closing } = this.#options
    const found = await credentials.find(host, repository, closing)
    if (found?.kind === 'identity-token') secrets.add(found.token)
    if (found?.kind === 'basic') {
      secrets.add(found.password)
      secrets.add(basicAuthorization(found).slice('Basic '.length))
    }
    return found
  }

  /** Forgets the token that was refused, unless another request has renewed it. */
  async #renew(
    { parameters }: Challenge,
    scopes: readonly string[],
    sent: string | undefined,
  ): Promise<void> {
    const key = scopes.join(' ')
    const wanted = parameters.get('scope')
    if (wanted !== undefined) this.#wanted.set(key, [wanted])
    const shared = this.#tokens.get(key)
    const known = await shared?.catch(() => undefined)
    if (known === undefined || sent !== `Bearer ${known.value}`) return
    if (this.#tokens.get(key) === shared) this.#tokens.delete(key)
  }

  async #token(
    service: TokenService,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const key = scopes.join(' ')
    const shared = this.#shared(key, service, scopes)
    const { value, expiresAt } = await whileWaiting(shared, signal)
    if (expiresAt > performance.now()) return value
    if (this.#tokens.get(key) === shared) this.#tokens.delete(key)
    // However short it lives: it was made for this request.
    return (await whileWaiting(this.#shared(key, service, scopes), signal)).value
  }

  #shared(key: string, service: TokenService, scopes: readonly string[]): Promise<Token> {
    const known = this.#tokens.get(key)
    if (known !== undefined) return known
    const { transport, secrets, closing } = this.#options
    const made = (async () => {
      const token = await fetchToken(transport, {
        service,
        scopes: mergeScopes([...scopes, ...(this.#wanted.get(key) ?? [])]),
        credentials: await this.#credentials,
        signal: closing,
      })
      secrets.add(token.value)
      return token
    })()
    this.#tokens.set(key, made)
    made.catch(() => {
      if (this.#tokens.get(key) === made) this.#tokens.delete(key)
    })
    return made
  }
}
