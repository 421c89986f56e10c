import type { PlannedCommand } from '../command.ts'
import type { RunnableCommand } from '../runnable-command.ts'
import type { DescribedProgram, DescribedTool } from './described-program.ts'

/** A program: one name on the command line with its commands. */
export interface Program extends DescribedProgram {
  readonly commands: readonly RunnableCommand[]
  readonly tools?: readonly Tool[]
}

/** A program that another one calls by its name. */
export interface Tool extends DescribedTool {
  load(): Promise<Program>
}

/** What a command line asks for. */
export type Invocation =
  | {
      readonly kind: 'run'
      readonly command: RunnableCommand
      readonly args: ArgumentValues
      readonly globals: ArgumentValues
    }
  | { readonly kind: 'help'; readonly words: readonly string[]; readonly isLong: boolean }
  /** A family such as `oci`, or nothing at all, without a command. */
  | { readonly kind: 'incomplete'; readonly words: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'planned'; readonly planned: PlannedCommand }
  | { readonly kind: 'tool'; readonly tool: Tool; readonly args: readonly string[] }

export type ArgumentValue = string | number | boolean | readonly string[] | undefined
export type ArgumentValues = Readonly<Record<string, ArgumentValue>>
