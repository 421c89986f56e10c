import type { Program } from '../arguments/program.ts'
import { InterruptError } from '../interrupt.ts'
import type { Console } from '../output/console.ts'
import { printable, printableJson } from '../output/printable.ts'
import { describeFailure, type Failure } from './describe-failure.ts'

/** How a failure is to be told. */
export interface ReportOptions {
  readonly program: Program
  readonly console: Console
  readonly json: boolean
  /** How often `-v` was given; twice shows where errors come from. */
  readonly verbose: number
  /** What would have stopped the command, where there was one. */
  readonly signal: AbortSignal | undefined
}

/** Tells on standard error what went wrong and what to do next; returns the exit status. */
export function reportFailure(error: unknown, options: ReportOptions): number {
  const { program, console, json, verbose, signal } = options
  // What fails after a signal fails because of it.
  const reason: unknown = signal?.reason
  const failure = describeFailure(reason instanceof InterruptError ? reason : error)
  if (json) console.line(printableJson(JSON.stringify({ error: errorDocument(failure) })))
  else if (program.isCTool === true) console.line(cToolMessage(program, failure))
  else {
    console.error(failure.message)
    for (const hint of failure.hints) console.hint(hint)
    if (failure.usage !== undefined) {
      console.line(`\nUsage: ${failure.usage}\n\nFor more information, try '--help'.`)
    }
  }
  if (verbose >= 2) console.line(stackOf(error))
  return program.isCTool === true ? 1 : failure.exitStatus
}

function errorDocument({ code, message, hints, exitStatus, context }: Failure): object {
  return {
    code,
    message,
    hint: hints.length === 0 ? null : hints.join('\n'),
    exit: exitStatus,
    context,
  }
}

function cToolMessage({ name }: Program, { message, usage }: Failure): string {
  const line = `${name}: ${printable(message)}`
  return usage === undefined ? line : `${line}\nUsage: ${usage}`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? error.message
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`
}
