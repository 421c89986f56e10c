import { findWord, subcommands } from '../arguments/command-search.ts'
import type { Environment } from '../arguments/parse.ts'
import type { Program } from '../arguments/program.ts'
import type { Completer, Option, Positional } from '../command.ts'
import { type Candidate, type Candidates, candidateLines } from './candidates.ts'
import { type Cursor, findCursor } from './cursor.ts'
import { valuesOf } from './values.ts'

/** Most values of a number that are offered one by one. */
const FEW_NUMBERS = 10

/**
 * What may stand in place of the last word of a command line, as lines for the scripts of the shells. It never fails:
 * of what cannot be read nothing is offered.
 *
 * @param line the words behind the name of the program, the last up to the cursor
 */
export async function complete(
  program: Program,
  line: readonly string[],
  env: Environment,
): Promise<string[]> {
  const cursor = await findCursor(program, line)
  return candidateLines(candidatesAt(cursor, env), cursor.text)
}

function candidatesAt(cursor: Cursor, env: Environment): Candidates {
  const { expects, program, words, command, positionals } = cursor
  switch (expects.kind) {
    case 'option':
      return { values: optionCandidates(cursor) }
    case 'help':
      return { values: commandCandidates(program, words) }
    case 'value':
      return optionValues(cursor, expects.option, expects.prefix, env)
    case 'plain': {
      if (command === undefined) {
        const help = words.length > 0 ? [] : [{ value: 'help', description: 'Show help' }]
        return { values: [...commandCandidates(program, words), ...help] }
      }
      const positional = positionalAt(command.positionals, positionals.length)
      if (positional?.completes === undefined) return { values: [] }
      return valuesOf(positional.completes, { cursor, env, prefix: '' })
    }
  }
}

/** Commands, tools and families that may follow `words`. */
function commandCandidates(program: Program, words: readonly string[]): Candidate[] {
  return subcommands(program, words).flatMap(word => {
    const found = findWord(program, words, word)
    switch (found?.kind) {
      case 'command':
        return [{ value: word, description: found.command.summary }]
      case 'tool':
        return [{ value: word, description: found.tool.summary }]
      case 'family': {
        const family = [...words, word]
        // A family without a command in it only answers that it is one of a later release.
        const isThere = program.commands.some(command =>
          family.every((part, index) => command.words[index] === part),
        )
        const description = program.families[family.join(' ')]
        if (!isThere) return []
        return [description === undefined ? { value: word } : { value: word, description }]
      }
      default:
        return []
    }
  })
}

/** Options that may still be given. */
function optionCandidates({ program, command, given, text }: Cursor): Candidate[] {
  const own = command?.options ?? []
  const globals = program.globals.filter(({ name }) => !own.some(option => option.name === name))
  const present = [...own, ...globals].filter(({ name }) => given.has(name))
  const isExcluded = ({ name, excludes = [] }: Option) =>
    excludes.some(other => given.has(other)) ||
    present.some(option => option.excludes?.includes(name) === true)
  const candidates = [...own, ...globals]
    .filter(option => option.hidden !== true && option.planned !== true)
    .filter(option => option.repeat === true || !given.has(option.name))
    .filter(option => !isExcluded(option))
    .flatMap(({ name, short, summary }) => [
      ...(short === undefined || text.startsWith('--')
        ? []
        : [{ value: `-${short}`, description: summary }]),
      { value: `--${name}`, description: summary },
    ])
  return [
    ...candidates,
    { value: '--help', description: 'Show help' },
    ...(command === undefined ? [{ value: '--version', description: 'Show the version' }] : []),
  ]
}

function optionValues(
  cursor: Cursor,
  option: Option,
  prefix: string,
  env: Environment,
): Candidates {
  const completer = completerOf(option)
  return completer === undefined ? { values: [] } : valuesOf(completer, { cursor, env, prefix })
}

function completerOf({ completes, value, planned }: Option): Completer | undefined {
  if (completes !== undefined) return completes
  switch (value?.kind) {
    case 'choice':
      return value.choices.filter(choice => !Array.isArray(planned) || !planned.includes(choice))
    case 'path':
      return 'file'
    case 'integer':
      return value.max - value.min < FEW_NUMBERS
        ? Array.from({ length: value.max - value.min + 1 }, (_, index) => String(value.min + index))
        : undefined
    default:
      return undefined
  }
}

/** The positional that the argument of this index is. */
function positionalAt(positionals: readonly Positional[], index: number): Positional | undefined {
  const last = positionals.at(-1)
  return positionals[index] ?? (last?.repeat === true ? last : undefined)
}
