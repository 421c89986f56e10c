import { fstatSync } from 'node:fs'
import type { DescribedProgram } from '../arguments/described-program.ts'
import { nearestWords } from '../arguments/nearest.ts'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { showByMan } from '../man/show-by-man.ts'
import { type Result, textResult } from '../output/result.ts'
import { directOutput } from '../output/sink.ts'
import { EDITION } from '../reference/edition.ts'
import { pageText } from '../reference/page-text.ts'
import { allPages, findPage } from '../reference/pages.ts'
import { roff } from '../reference/roff.ts'
import type { man } from './man.ts'

export async function run(args: Args<typeof man>, { program }: Context): Promise<Result> {
  const page = await findPage(program, args.command)
  if (page === undefined) throw await noPage(program, args.command)
  if (args.roff) return textResult(roff(page, EDITION))
  const isShown = isTerminal() && (await showByMan(page, roff(page, EDITION)))
  return isShown ? {} : textResult(pageText(page))
}

/** Whether somebody reads it. What that takes to find out loads the streams of Node: files and pipes need not be asked. */
function isTerminal(): boolean {
  return fstatSync(1).isCharacterDevice() && directOutput().isTerminal()
}

async function noPage(program: DescribedProgram, words: readonly string[]): Promise<CliError> {
  const typed = words.join('-')
  const names = (await allPages(program)).map(({ name }) => name)
  const near = [
    ...nearestWords(typed, names),
    ...nearestWords(`${program.name}-${typed}`, names),
  ].slice(0, 1)
  return new CliError('usage', `there is no manual page for '${words.join(' ')}'`, {
    hints: near.map(name => `did you mean '${name}'?`),
  })
}
