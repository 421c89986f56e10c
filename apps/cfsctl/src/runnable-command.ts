import type { Command } from './command.ts'
import type { Context } from './context.ts'
import type { Result } from './output/result.ts'

/** What a command's module exports. Its first parameter is `Args<typeof command>`. */
export interface RunModule {
  run(args: never, context: Context): Promise<Result>
}

/** A command and what it does. */
export interface RunnableCommand extends Command {
  /** Loads what the command does; only then is anything heavy loaded. */
  load(): Promise<RunModule>
}
