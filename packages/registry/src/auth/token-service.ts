import type { Credentials } from '../config/credential.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { isTransientStatus, retryAfterMs } from '../http/status.ts'
import { isLoopback, type Transport } from '../http/transport.ts'

/** Where a registry sends those who want a token. */
export interface TokenService {
  readonly realm: URL
  readonly service: string | undefined
}

export interface Token {
  readonly value: string
  /** By `performance.now()`. */
  readonly expiresAt: number
}

/** What a token is asked with. */
export interface TokenRequest {
  readonly service: TokenService
  readonly scopes: readonly string[]
  readonly credentials: Credentials | undefined
  readonly signal: AbortSignal
}

/** Tokens are of some kilobytes; they go into a header. */
const TOKEN_DOCUMENT_MAX = 1 << 20
const TOKEN_LENGTH_MAX = 64 << 10

/** By the specification, where the server does not say. */
const LIFETIME_DEFAULT_S = 60

/** A token is not used in its last moments, or its last tenth: it may run out on the way. */
const MARGIN_S = 5

/** Who asks, for servers that keep lists of refresh tokens. */
const CLIENT_ID = 'composefs'

/**
 * Reads where tokens are had from out of a challenge.
 *
 * @param registry origin of the registry
 * @throws FailedTry ERR_REGISTRY_PROTOCOL for no URL, and for one where credentials would go over plain HTTP
 */
export function tokenService(
  parameters: ReadonlyMap<string, string>,
  registry: URL,
  isInsecure: boolean,
): TokenService {
  const text = parameters.get('realm') ?? ''
  const realm = URL.canParse(text) ? new URL(text) : undefined
  if (realm === undefined || !/^https?:$/.test(realm.protocol)) {
    throw refused('it names no token server')
  }
  realm.username = ''
  realm.password = ''
  realm.hash = ''
  const isOnThisMachine = isLoopback(registry) && isLoopback(realm)
  if (realm.protocol === 'http:' && !isInsecure && !isOnThisMachine) {
    throw refused(`its token server, ${realm.host}, speaks plain HTTP`)
  }
  return { realm, service: parameters.get('service') }
}

/**
 * Gets a token: by GET, with the credentials where there are some (distribution specification, token authentication),
 * or by POST for a refresh token (OAuth 2).
 *
 * @throws FailedTry, and the reason of the signal
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<Token> {
  const { service } = request
  const where = `token server ${service.realm.host}`
  try {
    const response = await transport.send(tokenRequest(request), { isDocument: true })
    if (response.status !== 200) {
      await response.body.drain()
      throw refusal(response, request.credentials !== undefined)
    }
    return parseToken(await response.body.bytes(TOKEN_DOCUMENT_MAX))
  } catch (error) {
    throw error instanceof FailedTry ? error.with({}, `${where}: ${error.message}`) : error
  }
}

function tokenRequest({ service, scopes, credentials, signal }: TokenRequest): HttpRequest {
  const url = new URL(service.realm)
  if (credentials?.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      ...(service.service === undefined ? {} : { service: service.service }),
      client_id: CLIENT_ID,
      scope: scopes.join(' '),
      refresh_token: credentials.token,
    })
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new TextEncoder().encode(form.toString()),
      signal,
    }
  }
  if (service.service !== undefined) url.searchParams.set('service', service.service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credentials !== undefined) url.searchParams.set('account', credentials.username)
  return {
    method: 'GET',
    url,
    headers: {
      accept: 'application/json',
      ...(credentials === undefined ? {} : { authorization: basicAuthorization(credentials) }),
    },
    signal,
  }
}

/** The value of an Authorization header. */
export function basicAuthorization({
  username,
  password,
}: Extract<Credentials, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** What a server says against us is not repeated: it may repeat what it was asked with. */
function refusal(response: HttpResponse, hasCredentials: boolean): FailedTry {
  const { status } = response
  if (isTransientStatus(status)) {
    return new FailedTry(
      status === 429 ? 'ERR_REGISTRY_TOO_MANY_REQUESTS' : 'ERR_REGISTRY_UNAVAILABLE',
      `${status}`,
      { isRetryable: true, retryAfterMs: retryAfterMs(response), facts: { status } },
    )
  }
  return new FailedTry(
    'ERR_REGISTRY_UNAUTHORIZED',
    hasCredentials
      ? `the credentials were refused (${status})`
      : `no token without credentials (${status})`,
    { isRetryable: false, facts: { status } },
  )
}

function parseToken(bytes: Uint8Array): Token {
  const now = performance.now()
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // The error quotes what may be a token.
    throw refused('no JSON')
  }
  const table = (typeof document === 'object' && document !== null ? document : {}) as Readonly<
    Record<string, unknown>
  >
  const value = table.token || table.access_token
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw refused('no token')
  if (value.length > TOKEN_LENGTH_MAX) throw refused('a token that fits into no header')
  const seconds = table.expires_in
  const lifetime =
    typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 1e9) : LIFETIME_DEFAULT_S
  return { value, expiresAt: now + (lifetime - Math.min(MARGIN_S, lifetime / 10)) * 1000 }
}

function refused(reason: string): FailedTry {
  return new FailedTry('ERR_REGISTRY_PROTOCOL', reason, { isRetryable: false })
}
