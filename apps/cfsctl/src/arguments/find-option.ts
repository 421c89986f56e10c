import type { Command, Option } from '../command.ts'
import type { DescribedProgram } from './described-program.ts'

/** Options that may stand here, those of the command first: it may declare a global one anew. */
export function knownOptions(
  program: DescribedProgram,
  command: Command | undefined,
): readonly Option[] {
  return [...(command?.options ?? []), ...program.globals]
}

/** The option `--name`. The C tools also know it by a beginning that no other has. */
export function findLongOption(
  program: DescribedProgram,
  command: Command | undefined,
  name: string,
): Option | undefined {
  const known = knownOptions(program, command)
  const exact = known.find(option => option.name === name)
  if (exact !== undefined || program.isCTool !== true) return exact
  const beginning = known.filter(option => option.name.startsWith(name))
  return beginning.length === 1 ? beginning[0] : undefined
}
