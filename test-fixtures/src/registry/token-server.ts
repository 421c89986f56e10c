import { createHash, createPublicKey, randomUUID, sign } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { makeSelfSigned, type ServerCertificate } from './certificates.ts'
import { listen } from './http-server.ts'

/** How a token server behaves; all of it may be changed while it runs. */
export interface TokenServerBehaviour {
  /** Who may have tokens. Undefined: everybody. */
  users?: Readonly<Record<string, string>> | undefined
  /** Seconds after which the registry takes a token no more. */
  lifeSeconds: number
  /** What the server says of it. Where this is more, the registry answers 401 to a token that looks good. */
  claimedLifeSeconds?: number | undefined
  /** Takes requests and never answers. */
  stalled?: boolean | undefined
  /** Answers this status instead of a token. */
  status?: number | undefined
}

/** One request for a token. */
export interface TokenRequest {
  readonly method: string
  readonly scopes: readonly string[]
  readonly service: string | null
  readonly authorization: string | undefined
  readonly status: number
}

export interface TokenServer {
  readonly host: string
  /** What the registry names as realm. */
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** The certificates that the registry checks signatures with. */
  readonly rootCertificates: string
  readonly requests: readonly TokenRequest[]
  readonly behaviour: TokenServerBehaviour
  /** A token for these scopes (`repository:NAME:pull,push`), as it would be handed out. */
  issue(scopes: readonly string[], lifeSeconds?: number): string
  stop(): Promise<void>
}

/** The registry takes a token for so long after its end. */
const REGISTRY_LEEWAY_SECONDS = 60

const SERVICE = 'test-registry'
const ISSUER = 'test-issuer'

/** Starts a token server of the distribution specification. Its signing key is made in `directory`. */
export async function startTokenServer(
  directory: string,
  options: Partial<TokenServerBehaviour> & { readonly tls?: ServerCertificate | undefined } = {},
): Promise<TokenServer> {
  const { tls, ...given } = options
  const behaviour: TokenServerBehaviour = { lifeSeconds: 300, ...given }
  const signer = makeSelfSigned(directory, 'token', '/CN=composefs test tokens')
  const requests: TokenRequest[] = []
  const issue = (scopes: readonly string[], lifeSeconds = behaviour.lifeSeconds) =>
    makeToken(signer, scopes, lifeSeconds)

  const server = await listen(
    async (request, response) => {
      const { parameters, user } = await readRequest(request)
      const scopes = parameters.getAll('scope').flatMap(scope => scope.split(' '))
      const status = behaviour.status ?? (isAllowed(behaviour.users, user) ? 200 : 401)
      requests.push({
        method: request.method ?? '',
        scopes,
        service: parameters.get('service'),
        authorization: request.headers.authorization,
        status,
      })
      // Until the server is stopped or the client goes away.
      if (behaviour.stalled) return
      response.writeHead(status, { 'content-type': 'application/json' })
      if (status !== 200) {
        response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'no token' }] }))
        return
      }
      const token = issue(scopes)
      response.end(
        JSON.stringify({
          token,
          access_token: token,
          expires_in: behaviour.claimedLifeSeconds ?? behaviour.lifeSeconds,
          issued_at: new Date().toISOString(),
        }),
      )
    },
    { tls },
  )
  return {
    host: server.host,
    realm: `${server.url}/token`,
    service: SERVICE,
    issuer: ISSUER,
    rootCertificates: signer.certFile,
    requests,
    behaviour,
    issue,
    stop: () => server.stop(),
  }
}

/** The parameters of a GET or of a form, and who asks. */
async function readRequest(
  request: IncomingMessage,
): Promise<{ parameters: URLSearchParams; user: string | undefined }> {
  const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? '')?.[1]
  const named = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString()
  if (request.method !== 'POST') {
    return { parameters: new URL(request.url ?? '', 'http://x').searchParams, user: named }
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const parameters = new URLSearchParams(Buffer.concat(chunks).toString())
  const token = parameters.get('refresh_token')
  const username = parameters.get('username')
  // An identity token of this server is `USER:PASSWORD`.
  return {
    parameters,
    user: token ?? (username === null ? named : `${username}:${parameters.get('password')}`),
  }
}

function isAllowed(users: TokenServerBehaviour['users'], user: string | undefined): boolean {
  if (users === undefined) return true
  return Object.entries(users).some(([name, password]) => user === `${name}:${password}`)
}

function makeToken(
  signer: ServerCertificate,
  scopes: readonly string[],
  lifeSeconds: number,
): string {
  const now = Math.floor(Date.now() / 1000)
  const access = scopes
    .map(scope => /^([^:]+):(.+):([^:]+)$/.exec(scope))
    .filter(match => match !== null)
    .map(([, type, name, actions]) => ({ type, name, actions: actions?.split(',') }))
  const claims = {
    iss: ISSUER,
    sub: 'tests',
    aud: SERVICE,
    exp: now + lifeSeconds - REGISTRY_LEEWAY_SECONDS,
    nbf: now - 3600,
    iat: now - 3600,
    jti: randomUUID(),
    access,
  }
  const header = { typ: 'JWT', alg: 'ES256', kid: keyId(signer.cert) }
  const signed = [header, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const key = { key: signer.key, dsaEncoding: 'ieee-p1363' as const }
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The name the registry has for a key: 240 bits of the SHA-256 of its DER in base32, in groups of four. */
function keyId(certificate: string): string {
  const der = createPublicKey(certificate).export({ type: 'spki', format: 'der' })
  const hash = createHash('sha256').update(der).digest().subarray(0, 30)
  const bits = Array.from(hash, byte => byte.toString(2).padStart(8, '0')).join('')
  const text = bits.replace(/.{5}/g, five => BASE32[Number.parseInt(five, 2)] ?? '')
  return (text.match(/.{4}/g) ?? []).join(':')
}
