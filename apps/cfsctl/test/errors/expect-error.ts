import { expect } from 'vitest'
import { type CliCode, EXIT_STATUS } from '../../src/errors/cli-error.ts'
import type { Outcome } from '../programs.ts'

/** What a command fails with. */
export interface ExpectedError {
  readonly code: CliCode
  readonly exit: number
  readonly message?: RegExp
  /** What the hints say; nothing where none is of use. */
  readonly hint?: RegExp
  /** There is something to say all the same. */
  readonly hasResult?: boolean
}

/** Checks what a command with `--json` that failed has said: nothing on standard output, and one document. */
export function expectError(outcome: Outcome, expected: ExpectedError): void {
  const { code, exit, message, hint, hasResult = false } = expected
  const { status, stdout, stderr } = outcome
  // Whatever was said before is a line of its own.
  const lines = stderr.trimEnd().split('\n')
  const { error } = JSON.parse(lines.at(-1) ?? '') as { error: Record<string, unknown> }
  expect([error.code, status], stderr).toEqual([code, exit])
  expect(error.exit).toBe(exit)
  expect(exit).toBe(EXIT_STATUS[code])
  expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'exit', 'context'])
  expect(error.context).toBeTypeOf('object')
  expect(stdout.length > 0).toBe(hasResult)
  const text = String(error.message)
  // No number of an error without its name, and not where in our source it came from.
  expect(text).toMatch(/\S/)
  expect(text).not.toMatch(
    /errno|error -?\d+|\bE(?:NOENT|ACCES|PERM|INVAL|NOSPC|IO|BUSY|EXIST)\b|\n| at .*\.[jt]s|undefined|\[object/,
  )
  if (message !== undefined) expect(text).toMatch(message)
  if (hint !== undefined) expect(error.hint).toMatch(hint)
  else if (error.hint !== null) expect(error.hint).toMatch(/\S/)
}
