import type { DescribedProgram } from '../arguments/described-program.ts'
import { commandPage, pageName } from './command-page.ts'
import { dumpFormatPage } from './dump-format-page.ts'
import type { Page } from './page.ts'
import { programPage } from './program-page.ts'
import { toolPage } from './tool-page.ts'

/** All manual pages: of the program, its commands, the tools that it also is, and the format of dumps. */
export async function allPages(program: DescribedProgram): Promise<Page[]> {
  const tools = await Promise.all((program.tools ?? []).map(tool => tool.load()))
  return [
    programPage(program),
    ...program.commands.map(command => commandPage(program, command)),
    ...tools.map(pageOfTool),
    dumpFormatPage,
  ]
}

/**
 * The page that words name: `oci pull`, `cfsctl-oci-pull`, `mkcomposefs`, `composefs-dump`; none is the program itself.
 * An alias of a command leads to its page.
 */
export async function findPage(
  program: DescribedProgram,
  words: readonly string[],
): Promise<Page | undefined> {
  const name = words.join('-').replace(/\([0-9]\)$|\.[158]$/, '')
  if (name === '' || name === program.name) return programPage(program)
  if (name === dumpFormatPage.name) return dumpFormatPage
  const command = program.commands.find(({ words: path, aliases = [] }) =>
    [path, ...aliases.map(alias => [...path.slice(0, -1), alias])].some(
      candidate => name === candidate.join('-') || name === pageName(program, candidate),
    ),
  )
  if (command !== undefined) return commandPage(program, command)
  const tool = program.tools?.find(candidate => candidate.name === name)
  return tool === undefined ? undefined : pageOfTool(await tool.load())
}

function pageOfTool(program: DescribedProgram): Page {
  return toolPage(program, program.name.startsWith('mount.') ? 8 : 1)
}
