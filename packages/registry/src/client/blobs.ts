import { headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { assertDigest } from './digest.ts'
import type { RegistrySession } from './session.ts'

/**
 * Asks for the size of a blob.
 *
 * @returns undefined where the registry does not have it
 * @throws RegistryError, and the reason of the signal
 */
export async function statBlob(
  session: RegistrySession,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  assertDigest(digest)
  return session.request(headRequest(digest, signal), response => {
    response.body.close()
    if (response.status === 404) return undefined
    const size = Number(headerOf(response, 'content-length') ?? Number.NaN)
    if (Number.isSafeInteger(size)) return size
    throw new FailedTry('ERR_REGISTRY_PROTOCOL', 'the answer names no size', {
      isRetryable: false,
      facts: { status: response.status },
    })
  })
}

/** True when the repository itself has the blob, whatever its mirrors have. Asked with the scope of whoever will write. */
export async function hasBlob(
  session: RegistrySession,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const request = { ...headRequest(digest, signal), actions: 'pull,push' } as const
  return session.request(request, response => {
    response.body.close()
    return response.status === 200
  })
}

function headRequest(digest: string, signal: AbortSignal | undefined) {
  return {
    what: `blob ${digest}`,
    method: 'HEAD',
    path: `blobs/${digest}`,
    expected: [200, 404],
    isDocument: true,
    signal,
  } as const
}
