import { FailedTry } from '../http/failed-try.ts'
import type { Transport } from '../http/transport.ts'

/**
 * Where a registry answers: by TLS. One that is marked insecure is asked once, and may answer by plain HTTP.
 *
 * @throws FailedTry where it answers by neither
 */
export async function findOrigin(transport: Transport, signal: AbortSignal): Promise<URL> {
  const secure = transport.origin('https:')
  if (!transport.isInsecure) return secure
  try {
    await ping(transport, secure, signal)
    return secure
  } catch (error) {
    if (!(error instanceof FailedTry)) throw error
    const plain = transport.origin('http:')
    try {
      // A server that wants TLS answers plain HTTP by 400.
      if ((await ping(transport, plain, signal)) !== 400) return plain
    } catch (other) {
      throw other instanceof FailedTry ? both(error, other) : other
    }
    throw error
  }
}

async function ping(transport: Transport, origin: URL, signal: AbortSignal): Promise<number> {
  const url = new URL('/v2/', origin)
  const response = await transport.send(
    { method: 'GET', url, headers: {}, signal },
    { isDocument: true },
  )
  await response.body.drain()
  return response.status
}

/** Neither way worked. What plain HTTP says is the last word: worth another try if either is. */
function both(secure: FailedTry, plain: FailedTry): FailedTry {
  const reason =
    secure.message === plain.message
      ? plain.message
      : `by TLS: ${secure.message}; by plain HTTP: ${plain.message}`
  return new FailedTry(plain.code, reason, {
    isRetryable: secure.isRetryable || plain.isRetryable,
    facts: plain.facts,
    cause: plain.cause,
  })
}
