import type { CliError } from '../errors/cli-error.ts'
import type { Table } from './table.ts'

/** What JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

/** What a command has to say; the output module decides how. */
export interface Result {
  /** Lines of the text form, without their newlines. */
  readonly lines?: Iterable<string>
  /** A list: a box as text, lines of columns with `--format plain`. */
  readonly table?: Table
  /** Content, the same in every format. A generator holds what it needs open until it is done. */
  readonly bytes?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** The content is not for terminals, which it would upset. */
  readonly isBinary?: boolean
  /** The document of `--json`. */
  readonly json?: Json
  /** Exit status of a command that answers by it, as `diff` does. Default: 0. */
  readonly status?: number
  /** The command has something to say and has failed: the result is printed first, then this error. */
  readonly failure?: CliError
}

/** A text that ends in a newline, the same in every format. */
export function textResult(text: string): Result {
  return { lines: text.slice(0, -1).split('\n') }
}
