import type { Command, Option, PlannedCommand } from '../command.ts'

/** What a program says of itself: help, completion and manual pages are made of it. */
export interface DescribedProgram {
  readonly name: string
  readonly summary: string
  /** Options that may stand before and after the command. */
  readonly globals: readonly Option[]
  readonly commands: readonly Command[]
  readonly planned: readonly PlannedCommand[]
  /** Programs that the first word may call; everything behind it is theirs. */
  readonly tools?: readonly DescribedTool[]
  /** Summaries of words that only lead to commands, such as `oci`. */
  readonly families: Readonly<Record<string, string>>
  /**
   * How the C tools read their arguments: long options may be cut short, every failure ends with exit 1, and
   * errors begin with the program's name.
   */
  readonly isCTool?: boolean
}

/** A program that another one calls by its name. */
export interface DescribedTool {
  readonly name: string
  readonly summary: string
  load(): Promise<DescribedProgram>
}
