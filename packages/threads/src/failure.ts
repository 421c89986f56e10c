import { FAILURE_SIZE } from './slot-memory.ts'

/** Why a job failed, as far as it goes from thread to thread. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
  /** What JSON can say of the error's `facts`. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Characters of a message or path that are kept. */
const TEXT_MAX = 1024
/** The same where all of it together is too long: with names and codes it fits, whatever JSON has to escape. */
const TEXT_SHORT = 256
const NAME_MAX = 64

/** The text of an error, in at most FAILURE_SIZE bytes. Never throws: a failure that nobody learns of is a hang. */
export function encodeFailure(error: unknown): Uint8Array {
  const forms = [
    () => failureOf(error),
    () => shortForm(failureOf(error)),
    () => ({ name: 'Error', message: String(error).slice(0, TEXT_SHORT) }),
  ]
  for (const form of forms) {
    try {
      const text = new TextEncoder().encode(JSON.stringify(form(), plainValue))
      if (text.length <= FAILURE_SIZE) return text
    } catch {
      // Facts that go round in a circle, a getter that throws: less is told.
    }
  }
  const failure: Failure = { name: 'Error', message: 'the failure cannot be told' }
  return new TextEncoder().encode(JSON.stringify(failure))
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
  const { code, errno, syscall, path, facts } = error as Error & Partial<Failure>
  return {
    name: String(error.name).slice(0, NAME_MAX),
    message: String(error.message).slice(0, TEXT_MAX),
    ...(typeof code === 'string' ? { code: code.slice(0, NAME_MAX) } : {}),
    ...(typeof errno === 'number' ? { errno } : {}),
    ...(typeof syscall === 'string' ? { syscall: syscall.slice(0, NAME_MAX) } : {}),
    ...(typeof path === 'string' ? { path: path.slice(0, TEXT_MAX) } : {}),
    ...(typeof facts === 'object' && facts !== null ? { facts } : {}),
  }
}

function shortForm({ facts: _, path: __, message, ...rest }: Failure): Failure {
  return { ...rest, message: message.slice(0, TEXT_SHORT) }
}

function plainValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
