import { FailedTry } from '../http/failed-try.ts'

/**
 * A URL that a registry gave, as it is to be asked. Behind a proxy many registries do not know that TLS is spoken with
 * them: their own `http:` is ours to correct, another one's is refused.
 *
 * @throws FailedTry ERR_REGISTRY_PROTOCOL
 */
export function ownUrl(url: URL, origin: URL, isInsecure: boolean): URL {
  if (url.protocol === origin.protocol || isInsecure) return url
  const isOwnHost =
    url.hostname === origin.hostname && (url.port === '' || url.port === origin.port)
  if (url.protocol === 'http:' && isOwnHost) {
    const secure = new URL(origin)
    secure.pathname = url.pathname
    secure.search = url.search
    return secure
  }
  throw new FailedTry('ERR_REGISTRY_PROTOCOL', `it points to plain HTTP, at ${url.host}`, {
    isRetryable: false,
  })
}
