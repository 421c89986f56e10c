import type { Args } from '../command.ts'
import { completionScript } from '../completion/script.ts'
import { SHELLS } from '../completion/shells.ts'
import { CliError } from '../errors/cli-error.ts'
import { type Result, textResult } from '../output/result.ts'
import type { completion } from './completion.ts'

export async function run(args: Args<typeof completion>): Promise<Result> {
  const shell = SHELLS.find(name => name === args.shell)
  if (shell === undefined) {
    throw new CliError('usage', `there is no completion for ${args.shell}`, {
      hints: [`shells that there is one for: ${SHELLS.join(', ')}`],
    })
  }
  return textResult(completionScript(shell))
}
