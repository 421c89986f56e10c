import { FailedTry } from './failed-try.ts'

/** How far an exchange was when it failed. */
export type Phase = 'head' | 'body'

const PLAIN_HTTP_CODES = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_RECORD_LAYER_FAILURE',
])

/** OpenSSL's verdicts on a certificate, as Node names them, and Node's own. */
const CERTIFICATE_CODE =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT)/

/** What a server says about our certificate, or for want of it. */
const CLIENT_CERTIFICATE_CODE = /ALERT_(?:\w*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/

/** A record that was damaged on its way: the next connection has its own. */
const DAMAGED_CODE = /BAD_RECORD_MAC|DECRYPTION_FAILED/

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** What is wrong with a connection, by the error of undici, Node or OpenSSL. */
export function networkFailure(error: unknown, phase: Phase): FailedTry {
  if (error instanceof FailedTry) return error
  const { code, message } = firstWithCode(error)
  if (TIMEOUT_CODES.has(code)) {
    return new FailedTry('ERR_REGISTRY_TIMEOUT', 'no connection within its time', {
      isRetryable: true,
      cause: error,
    })
  }
  if (code === 'ENOTFOUND') {
    return unavailable('no host of that name is known', error, false)
  }
  if (PLAIN_HTTP_CODES.has(code)) return tlsFailure('it speaks plain HTTP, not TLS', error)
  if (CERTIFICATE_CODE.test(code)) {
    return tlsFailure(`its certificate is not trusted: ${message} (${code})`, error)
  }
  if (CLIENT_CERTIFICATE_CODE.test(code)) {
    return tlsFailure(`it wants a certificate of ours that it trusts (${code})`, error)
  }
  if (DAMAGED_CODE.test(code)) return unavailable(`the connection was damaged (${code})`, error)
  if (code === 'EPROTO' || /^ERR_(?:SSL|TLS)_/.test(code)) {
    return tlsFailure(`no TLS connection (${code})`, error)
  }
  if (isParserError(error) || code === 'UND_ERR_HEADERS_OVERFLOW') {
    // Within a body it may be a proxy that gave up half-way through. The error itself quotes what came.
    return new FailedTry('ERR_REGISTRY_PROTOCOL', 'an answer that is no HTTP', {
      isRetryable: phase === 'body',
    })
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return unavailable('the body ended early', error)
  }
  if (/proxy/i.test(message) && code.startsWith('UND_ERR_')) {
    const status = /\((\d{3})\)/.exec(message)?.[1]
    return unavailable(
      `the proxy refuses the connection${status === undefined ? '' : ` (${status})`}`,
      error,
      status !== '407' && status !== '403',
    )
  }
  // What undici does not take, such as a header, it will not take the next time either.
  return unavailable(reasonOf(code), error, code !== 'UND_ERR_INVALID_ARG')
}

function unavailable(reason: string, cause: unknown, isRetryable = true): FailedTry {
  return new FailedTry('ERR_REGISTRY_UNAVAILABLE', reason, { isRetryable, cause })
}

function tlsFailure(reason: string, cause: unknown): FailedTry {
  return new FailedTry('ERR_REGISTRY_TLS', reason, { isRetryable: false, cause })
}

function reasonOf(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused (ECONNREFUSED)'
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut'
    case 'EAI_AGAIN':
      return 'the name server does not answer (EAI_AGAIN)'
    case '':
      return 'the connection failed'
    default:
      return `the connection failed (${code})`
  }
}

function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError'
}

/** Several addresses that were tried, and wrapped errors, have the code further down. */
function firstWithCode(error: unknown): { readonly code: string; readonly message: string } {
  let at: unknown = error
  let message = ''
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    const { code, cause } = at as NodeJS.ErrnoException
    message ||= at.message
    // undici's name for a socket that ended says less than what ended it.
    if (typeof code === 'string' && !(code === 'UND_ERR_SOCKET' && hasCode(cause))) {
      return { code, message: at.message }
    }
    at = cause ?? (at instanceof AggregateError ? at.errors[0] : undefined)
  }
  return { code: '', message }
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
}
