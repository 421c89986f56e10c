import type { HttpRequest, HttpResponse } from './exchange.ts'
import { headerOf } from './exchange.ts'
import { FailedTry } from './failed-try.ts'

/** A registry sends to its storage, which may send to a node nearby; more is a circle. */
const REDIRECTS_MAX = 10

const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308])

/** What to do about redirects. */
export interface RedirectOptions {
  send(request: HttpRequest): Promise<HttpResponse>
  /** True where plain HTTP is allowed to begin with. */
  readonly isInsecure: boolean
}

/**
 * Sends a request and follows redirects. What proves who we are goes to the origin of the first request alone.
 *
 * @throws FailedTry ERR_REGISTRY_PROTOCOL for a redirect that leads nowhere, in circles, or from TLS to plain HTTP
 */
export async function sendFollowing(
  request: HttpRequest,
  options: RedirectOptions,
): Promise<HttpResponse> {
  const { origin } = request.url
  const { authorization: _, ...anonymous } = request.headers
  let url = request.url
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const headers = url.origin === origin ? request.headers : anonymous
    const response = await options.send({ ...request, url, headers })
    if (!REDIRECT_STATUSES.has(response.status)) return response
    if (!canFollow(request, response)) return response
    await response.body.drain()
    url = redirectTarget(response, options.isInsecure)
    // The body of a POST may be what proves who we are.
    if (request.method === 'POST' && request.body !== undefined && url.origin !== origin) {
      throw broken(`a redirect of a POST to another host, ${url.host}`)
    }
  }
  throw broken(`more than ${REDIRECTS_MAX} redirects`)
}

/** A stream cannot be sent twice, and 301 to 303 make another request of all but GET and HEAD. */
function canFollow({ method, body }: HttpRequest, { status }: HttpResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  return (status === 307 || status === 308) && (body === undefined || body instanceof Uint8Array)
}

function redirectTarget(response: HttpResponse, isInsecure: boolean): URL {
  const url = locationOf(response)
  if (url === undefined) throw broken('a redirect without a place')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw broken(`a redirect to a ${url.protocol} URL`)
  }
  if (url.protocol === 'http:' && !isInsecure) {
    throw broken(`a redirect to plain HTTP, at ${url.host}`)
  }
  return url
}

/** Where an answer points to, without credentials and fragment; undefined for nowhere. */
export function locationOf(response: HttpResponse): URL | undefined {
  const location = headerOf(response, 'location')
  if (location === undefined || !URL.canParse(location, response.url.href)) return undefined
  const url = new URL(location, response.url.href)
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}

function broken(reason: string): FailedTry {
  return new FailedTry('ERR_REGISTRY_PROTOCOL', reason, { isRetryable: false })
}
