import { FAILURE_SIZE } from './slot-memory.ts'

/** Why a job failed, as far as it goes from thread to thread. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
  readonly facts?: Readonly<Record<string, unknown>>
}

const TEXT_MAX = 1024

/** The text of an error, in at most FAILURE_SIZE bytes. */
export function encodeFailure(error: unknown): Uint8Array {
  const encoder = new TextEncoder()
  const failure = failureOf(error)
  const whole = encoder.encode(JSON.stringify(failure))
  if (whole.length <= FAILURE_SIZE) return whole
  const { facts: _, path: __, ...rest } = failure
  return encoder.encode(JSON.stringify({ ...rest, message: rest.message.slice(0, TEXT_MAX / 2) }))
}

export function decodeFailure(text: Uint8Array): Failure {
  // A decoder does not take shared memory.
  return JSON.parse(new TextDecoder().decode(text.slice())) as Failure
}

/** An error with the name, code and facts of that of the other thread. */
export function toError(failure: Failure): Error {
  const { name, message, ...details } = failure
  const error = Object.assign(new Error(message), details)
  return Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error).slice(0, TEXT_MAX) }
  const { name, message } = error
  const { code, errno, syscall, path, facts } = error as Error & Partial<Failure>
  return {
    name,
    message: message.slice(0, TEXT_MAX),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof errno === 'number' ? { errno } : {}),
    ...(typeof syscall === 'string' ? { syscall } : {}),
    ...(typeof path === 'string' ? { path: path.slice(0, TEXT_MAX) } : {}),
    ...(typeof facts === 'object' && facts !== null ? { facts } : {}),
  }
}
