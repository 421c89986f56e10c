import { InterruptError, type InterruptName } from '../interrupt.ts'
import { type CliCode, type CliError, EXIT_STATUS, isCliError, isUsageError } from './cli-error.ts'
import { CLI_CODES } from './error-codes.ts'
import { hintsFor } from './hints.ts'
import { messageOf } from './message.ts'
import { systemCode } from './system-errors.ts'

/** An error in the words of the command line. */
export interface Failure {
  readonly code: CliCode
  readonly exitStatus: number
  /** From general to specific, in one line. */
  readonly message: string
  readonly hints: readonly string[]
  /** Facts for programs. */
  readonly context: Readonly<Record<string, unknown>>
  /** For a command line that cannot be understood. */
  readonly usage?: string
}

const INTERRUPTS: Readonly<Record<InterruptName, CliCode>> = {
  SIGHUP: 'hung-up',
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
}

/** What an error, of whatever origin, means to whoever typed the command. */
export function describeFailure(error: unknown): Failure {
  if (isUsageError(error)) return { ...fromCliError(error), usage: error.usage }
  if (isCliError(error)) return fromCliError(error)
  if (error instanceof InterruptError) return failure(INTERRUPTS[error.signal], error.message)
  const code = codeOf(error)
  const cliCode =
    (code === undefined ? undefined : CLI_CODES.get(code)) ?? systemCode(error) ?? 'internal'
  const { facts = {} } = error as { facts?: Readonly<Record<string, unknown>> }
  return {
    ...failure(cliCode, messageOf(error)),
    hints: hintsFor(cliCode, { code, facts }),
    context: { ...plainFacts(facts), ...(code === undefined ? {} : { cause: code }) },
  }
}

function fromCliError(error: CliError): Failure {
  const { code, hints, context } = error
  return { ...failure(code, messageOf(error)), hints, context }
}

function failure(code: CliCode, message: string): Failure {
  return { code, exitStatus: EXIT_STATUS[code], message, hints: [], context: {} }
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Facts as JSON can hold them: snake_case names, digests and large numbers as text. */
function plainFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.map(([name, value]) => [snakeCase(name), plainValue(value)]))
}

function plainValue(value: unknown): unknown {
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  if (isPlain) return value
  if (Array.isArray(value)) return value.map(plainValue)
  return isRecord(value) ? plainFacts(value) : String(value)
}

/** True for a plain object, as opposed to a Digest and the like. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && value.constructor === Object
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
