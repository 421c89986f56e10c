import { type HttpResponse, headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { locationOf } from '../http/redirects.ts'

/**
 * Where an upload goes on, by the answer of the registry: relative or absolute, perhaps on another host.
 *
 * A registry that does not know of the TLS in front of it names itself by plain HTTP: it is meant all the same. Content
 * never goes in the open where the registry does not.
 *
 * @throws FailedTry ERR_REGISTRY_PROTOCOL
 */
export function uploadPlace(response: HttpResponse): URL {
  const url = locationOf(response)
  if (url === undefined) throw broken('an upload without a place')
  if (url.protocol === 'https:') return url
  if (url.protocol !== 'http:') throw broken(`an upload to a ${url.protocol} URL`)
  if (response.url.protocol === 'http:') return url
  if (url.hostname !== response.url.hostname) {
    throw broken(`an upload by plain HTTP, at ${url.host}`)
  }
  return new URL(`${url.pathname}${url.search}`, response.url.origin)
}

/** The place with the digest of what is complete. The rest of its query is the registry's, and stays as it is. */
export function withDigest(place: URL, digest: string): URL {
  const url = new URL(place)
  const separator = url.search === '' ? '?' : '&'
  url.search = `${url.search}${separator}digest=${encodeURIComponent(digest)}`
  return url
}

/**
 * How many bytes a registry has of an upload, by the header Range: `0-N`. Undefined where it does not say, and for
 * `0-0`, which stands for one byte and for none.
 */
export function receivedBytes(response: HttpResponse): number | undefined {
  const range = headerOf(response, 'range')?.trim() ?? ''
  const [, last] = /^(?:bytes[= ])?0-(\d{1,15})$/i.exec(range) ?? []
  return last === undefined || last === '0' ? undefined : Number(last) + 1
}

function broken(reason: string): FailedTry {
  return new FailedTry('ERR_REGISTRY_PROTOCOL', reason, { isRetryable: false })
}
