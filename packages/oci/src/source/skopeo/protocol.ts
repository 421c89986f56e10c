import { decodeUtf8, encodeUtf8 } from '@composefs/bytes'
import { OciError } from '../../errors.ts'

/** The requests of skopeo's image proxy that are used here. */
export type ProxyMethod =
  | 'Initialize'
  | 'OpenImage'
  | 'OpenImageOptional'
  | 'CloseImage'
  | 'GetManifest'
  | 'GetFullConfig'
  | 'GetBlob'
  | 'GetRawBlob'
  | 'GetLayerInfoPiped'
  | 'FinishPipe'
  | 'Shutdown'

/** The answer to a request that succeeded. */
export interface ProxyReply {
  readonly value: unknown
  /** Names the pipe that came along, for FinishPipe; 0 where there is none. */
  readonly pipeId: number
  /** The descriptors that came along. */
  readonly files: readonly number[]
}

/** Most of a message of skopeo that goes into an error, in characters. */
const REASON_MAX = 2000

/** The message that asks for `method`. */
export function encodeRequest(method: ProxyMethod, args: readonly (string | number)[]): Uint8Array {
  return encodeUtf8(JSON.stringify({ method, args }))
}

/**
 * Reads the answer to a request.
 *
 * @throws OciError ERR_OCI_SKOPEO_REFUSED when it says that the request failed, ERR_OCI_SKOPEO_PROTOCOL when it is none
 */
export function decodeReply(method: ProxyMethod, data: Uint8Array): Omit<ProxyReply, 'files'> {
  const reply = readObject(method, data)
  if (typeof reply.success !== 'boolean') {
    throw protocolError(method, `"success" is ${shown(reply.success)}`)
  }
  if (!reply.success) {
    const reason = typeof reply.error === 'string' ? reply.error : ''
    throw refused(method, reason, reply.error_code === 'retryable')
  }
  const pipeId = reply.pipeid ?? 0
  if (typeof pipeId !== 'number' || !Number.isSafeInteger(pipeId) || pipeId < 0) {
    throw protocolError(method, `"pipeid" is ${JSON.stringify(pipeId)}`)
  }
  return { value: reply.value, pipeId }
}

/** The value of a reply as a count or an id: an integer from 0. */
export function requireInteger(method: ProxyMethod, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw protocolError(method, `no number but ${shown(value)}`)
}

/** The value of a reply as text. */
export function requireText(method: ProxyMethod, value: unknown): string {
  if (typeof value === 'string') return value
  throw protocolError(method, `no text but ${shown(value)}`)
}

/** The error that GetRawBlob sends through its second pipe; undefined where all went well. */
export function decodeBlobError(data: Uint8Array): OciError | undefined {
  if (data.length === 0) return undefined
  const { code, message } = readObject('GetRawBlob', data)
  // We closed the pipe, and know why.
  if (code === 'EPIPE') return undefined
  return refused('GetRawBlob', typeof message === 'string' ? message : '', code === 'retryable')
}

/** The error for an answer that the protocol does not know. */
export function protocolError(method: ProxyMethod, what: string, cause?: unknown): OciError {
  return new OciError(
    'ERR_OCI_SKOPEO_PROTOCOL',
    `skopeo gave an answer to ${method} that is none: ${what}`,
    { method },
    cause === undefined ? undefined : { cause },
  )
}

function refused(method: ProxyMethod, reason: string, isRetryable: boolean): OciError {
  const text = visible(reason).slice(0, REASON_MAX)
  return new OciError('ERR_OCI_SKOPEO_REFUSED', `skopeo: ${text || `${method} failed`}`, {
    method,
    ...(isRetryable ? { isRetryable } : {}),
  })
}

/** Text of a registry may be in it, so nothing that moves the cursor. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
}

function readObject(method: ProxyMethod, data: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(decodeUtf8(data) ?? '')
  } catch (cause) {
    throw protocolError(method, 'no JSON', cause)
  }
  if (typeof value !== 'object' || value === null) throw protocolError(method, shown(value))
  return value as Record<string, unknown>
}

function shown(value: unknown): string {
  return visible(JSON.stringify(value) ?? 'nothing').slice(0, 100)
}
