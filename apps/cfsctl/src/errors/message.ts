import { describeErrno } from '@composefs/linux'

/** Deepest chain of causes that is told: errors are made by us, but a cycle must not hang the last word. */
const DEPTH_MAX = 8

/**
 * The chain of an error and its causes in one line, from general to specific. A cause that its error tells already
 * is left out.
 */
export function messageOf(error: unknown): string {
  const parts: string[] = []
  let current = error
  for (let depth = 0; depth < DEPTH_MAX && current !== undefined; depth++) {
    const part = ownMessage(current)
    if (!parts.some(told => told.includes(part))) parts.push(part)
    current = causeOf(current)
  }
  return parts.join(': ')
}

function ownMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isSystemError(error)) return systemMessage(error)
  if (isOpensslError(error)) return error.reason
  const { facts } = error as { facts?: PlaceFacts }
  const told = [placeOf(facts, error.message), error.message].filter(part => part !== '')
  return `${told.join(': ')}${offsetOf(facts, error.message)}`
}

/** What led to an error. A system error that was given another path tells all that its cause does. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  const { cause } = error
  const isRenamed = isSystemError(error) && cause instanceof Error && isSystemError(cause)
  return isRenamed && cause.code === error.code ? undefined : cause
}

interface SystemError extends Error {
  readonly code: string
  readonly errno?: number
  readonly syscall: string
  readonly path?: unknown
  readonly dest?: unknown
}

function isSystemError(error: Error): error is SystemError {
  const { code, syscall } = error as Partial<SystemError>
  return code !== undefined && syscall !== undefined
}

/** An error of OpenSSL, whose message holds addresses and lines of its source. */
function isOpensslError(error: Error): error is Error & { readonly reason: string } {
  const { code, reason } = error as { code?: unknown; reason?: unknown }
  return typeof code === 'string' && code.startsWith('ERR_SSL_') && typeof reason === 'string'
}

/** `PATH: what went wrong: what it means`, of `CODE: what went wrong, syscall 'PATH'; what it means`. */
function systemMessage(error: SystemError): string {
  const { code, errno = 0, syscall, path, dest, message } = error
  const text = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message
  const end = text.indexOf(`, ${syscall}`)
  const what = describeErrno(-errno)?.[1] ?? (end < 0 ? text : text.slice(0, end))
  const call = path === undefined ? syscall : `${syscall} '${String(path)}'`
  const rest = end < 0 ? '' : text.slice(end + 2 + call.length)
  const meaning = rest.startsWith('; ') ? [rest.slice(2)] : []
  const places = [path, dest].filter(place => place !== undefined).map(String)
  return [places.length === 0 ? syscall : places.join(' -> '), what, ...meaning].join(': ')
}

interface PlaceFacts {
  readonly file?: string
  readonly layer?: number
  readonly diffId?: string
  readonly entry?: string
  readonly offset?: number
}

/** The file, layer and entry an error is about, unless its message tells. */
function placeOf(facts: PlaceFacts | undefined, message: string): string {
  const { file, layer, diffId, entry } = facts ?? {}
  const parts: string[] = []
  if (file !== undefined && !message.includes(file)) parts.push(file)
  if (layer !== undefined && !message.includes(`layer ${layer}`)) {
    const isTold = diffId === undefined || message.includes(diffId)
    parts.push(`layer ${layer}${isTold ? '' : ` (${diffId})`}`)
  }
  if (entry !== undefined && !message.includes(entry)) parts.push(entry)
  return parts.join(': ')
}

/** Where in its layer an error is, unless its message tells. */
function offsetOf(facts: PlaceFacts | undefined, message: string): string {
  const { layer, diffId, offset } = facts ?? {}
  if (offset === undefined || (layer === undefined && diffId === undefined)) return ''
  return message.includes(`byte ${offset}`) ? '' : `, at byte ${offset}`
}
