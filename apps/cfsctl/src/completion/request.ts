import type { Environment } from '../arguments/parse.ts'
import type { Program } from '../arguments/program.ts'

/** The first word of the command line by which the scripts of the shells ask. */
const HIDDEN_COMMAND = '__complete'

/** What is asked of completion by a command line that is none. */
export type CompletionRequest =
  | { readonly kind: 'complete'; readonly line: readonly string[] }
  /** The script of a shell, by `COMPLETE=SHELL cfsctl`. */
  | { readonly kind: 'script'; readonly shell: string }

/** Finds out whether a program is started for completion. */
export function completionRequest(
  program: Program,
  args: readonly string[],
  env: Environment,
): CompletionRequest | undefined {
  if (program.isCTool === true) return undefined
  if (args[0] === HIDDEN_COMMAND) return { kind: 'complete', line: args.slice(1) }
  const shell = env.COMPLETE
  // As the peer: nothing, or 0, asks for nothing. With words a command is meant, whatever the environment says.
  if (args.length > 0 || shell === undefined || shell === '' || shell === '0') return undefined
  return { kind: 'script', shell }
}
