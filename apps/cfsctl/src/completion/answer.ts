import { basename } from 'node:path'
import type { Environment } from '../arguments/parse.ts'
import type { Program } from '../arguments/program.ts'
import { CliError } from '../errors/cli-error.ts'
import { complete } from './complete.ts'
import type { CompletionRequest } from './request.ts'
import { completionScript } from './script.ts'
import { SHELLS } from './shells.ts'

/**
 * What completion answers, as text to print. Values never fail.
 *
 * @throws CliError usage for a shell that there is no script for
 */
export async function answerCompletion(
  program: Program,
  request: CompletionRequest,
  env: Environment,
): Promise<string> {
  if (request.kind === 'script') {
    // COMPLETE may also hold the path of a shell, as SHELL does.
    const shell = SHELLS.find(name => name === basename(request.shell))
    if (shell === undefined) {
      throw new CliError('usage', `there is no completion for ${request.shell}`, {
        hints: [`COMPLETE takes ${SHELLS.join(', ')}`],
      })
    }
    return completionScript(shell)
  }
  try {
    const lines = await complete(program, request.line, env)
    return lines.map(line => `${line}\n`).join('')
  } catch {
    // Somebody is typing: an error would go into the middle of the line.
    return ''
  }
}
