import type { RegistryErrorCode } from '../errors.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { isTransientStatus, retryAfterMs } from '../http/status.ts'
import { ERROR_DOCUMENT_MAX, parseErrorDocument } from './error-document.ts'

/** What is known beside an answer that is not the one that was asked for. */
export interface RefusalContext {
  readonly method: string
  /** False for what a redirect led to: a storage, whose links run out. */
  readonly isOwnOrigin: boolean
  /** Undefined where nobody asked for any. */
  readonly hasCredentials: boolean
  /** Takes secrets out of a text, should a registry repeat them. */
  redact(text: string): string
}

/** Reads an answer that is not the one that was asked for, and says what it means. */
export async function refusalOf(
  response: HttpResponse,
  context: RefusalContext,
): Promise<FailedTry> {
  const { status, url } = response
  const document = await errorDocument(response, context)
  const text = document?.message ?? ''
  const said = document === undefined ? '' : ` (${document.code}${text === '' ? '' : `: ${text}`})`
  const { code, isRetryable } = meaningOf(status, context.isOwnOrigin)
  const from = context.isOwnOrigin ? '' : ` of ${url.host}`
  return new FailedTry(code, `${status}${from}${said}${adviceFor(code, context)}`, {
    isRetryable,
    retryAfterMs: isRetryable ? retryAfterMs(response) : undefined,
    facts: {
      status,
      url: context.redact(`${url.origin}${url.pathname}`),
      ...(document === undefined ? {} : { registryCode: document.code }),
    },
  })
}

async function errorDocument(response: HttpResponse, { method, redact }: RefusalContext) {
  if (method === 'HEAD') {
    await response.body.drain()
    return undefined
  }
  try {
    return parseErrorDocument(await response.body.bytes(ERROR_DOCUMENT_MAX), redact)
  } catch (error) {
    // The status is what counts.
    if (error instanceof FailedTry) return undefined
    throw error
  }
}

function meaningOf(
  status: number,
  isOwnOrigin: boolean,
): { readonly code: RegistryErrorCode; readonly isRetryable: boolean } {
  if (status === 401 || status === 403) {
    return { code: 'ERR_REGISTRY_UNAUTHORIZED', isRetryable: !isOwnOrigin }
  }
  if (status === 404 || status === 410) {
    return { code: 'ERR_REGISTRY_NOT_FOUND', isRetryable: false }
  }
  if (status === 429) return { code: 'ERR_REGISTRY_TOO_MANY_REQUESTS', isRetryable: true }
  if (isTransientStatus(status) || status >= 500) {
    return { code: 'ERR_REGISTRY_UNAVAILABLE', isRetryable: isTransientStatus(status) }
  }
  if (status < 300) return { code: 'ERR_REGISTRY_PROTOCOL', isRetryable: false }
  return { code: 'ERR_REGISTRY_REFUSED', isRetryable: false }
}

function adviceFor(code: RegistryErrorCode, context: RefusalContext): string {
  if (code !== 'ERR_REGISTRY_UNAUTHORIZED' || !context.isOwnOrigin) return ''
  return context.hasCredentials
    ? '; the credentials are wrong or do not reach that far'
    : '; there are no credentials for it'
}
