import type { DescribedProgram } from './arguments/described-program.ts'
import type { GlobalValues } from './global-options.ts'
import type { Console } from './output/console.ts'

/** What a command may use of the world around it. */
export interface Context {
  /** The program that the command is of. */
  readonly program: DescribedProgram
  readonly globals: GlobalValues
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by SIGHUP, SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  readonly console: Console
  /** Standard input. */
  input(): AsyncIterable<Uint8Array>
  /** Whether messages are shown on a terminal. */
  isErrorTerminal(): boolean
}
