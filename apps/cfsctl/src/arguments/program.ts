import type { Option, PlannedCommand } from '../command.ts'
import type { RunnableCommand } from '../runnable-command.ts'

/** A program: one name on the command line with its commands. */
export interface Program {
  readonly name: string
  readonly summary: string
  /** Options that may stand before and after the command. */
  readonly globals: readonly Option[]
  readonly commands: readonly RunnableCommand[]
  readonly planned: readonly PlannedCommand[]
  /** Programs that the first word may call; everything behind it is theirs. */
  readonly tools?: readonly Tool[]
  /** Summaries of words that only lead to commands, such as `oci`. */
  readonly families: Readonly<Record<string, string>>
  /**
   * How the C tools read their arguments: long options may be cut short, every failure ends with exit 1, and
   * errors begin with the program's name.
   */
  readonly isCTool?: boolean
}

/** A program that another one calls by its name. */
export interface Tool {
  readonly name: string
  readonly summary: string
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
