import type { Command, PlannedCommand } from '../command.ts'
import type { RunnableCommand } from '../runnable-command.ts'
import type { Program, Tool } from './program.ts'

/** What a word behind other words is. */
export type Found =
  | { readonly kind: 'command'; readonly command: RunnableCommand }
  | { readonly kind: 'planned'; readonly planned: PlannedCommand }
  | { readonly kind: 'tool'; readonly tool: Tool }
  /** More words have to follow. */
  | { readonly kind: 'family' }

/** What `word` is behind `words`; undefined when no command goes on like this. */
export function findWord(
  program: Program,
  words: readonly string[],
  word: string,
): Found | undefined {
  const command = program.commands.find(
    candidate => isBehind(words, candidate.words) && namesOf(candidate).includes(word),
  )
  if (command !== undefined) return { kind: 'command', command }
  const path = [...words, word]
  const tool = path.length > 1 ? undefined : program.tools?.find(({ name }) => name === word)
  if (tool !== undefined) return { kind: 'tool', tool }
  const planned = program.planned.find(candidate => isSame(candidate.words, path))
  if (planned !== undefined) return { kind: 'planned', planned }
  const isFamily = [...program.commands, ...program.planned].some(
    candidate =>
      candidate.words.length > path.length && isSame(candidate.words.slice(0, path.length), path),
  )
  return isFamily ? { kind: 'family' } : undefined
}

/** The words that may follow `words`. */
export function subcommands(program: Program, words: readonly string[]): string[] {
  const next = [
    ...program.commands.flatMap(command =>
      isBehind(words, command.words)
        ? namesOf(command)
        : command.words.slice(words.length, words.length + 1),
    ),
    ...(words.length > 0 ? [] : (program.tools ?? []).map(({ name }) => name)),
    ...program.planned.flatMap(({ words: path }) => path.slice(words.length, words.length + 1)),
  ]
  const reachable = next.filter(
    word => word !== undefined && findWord(program, words, word) !== undefined,
  )
  return [...new Set(reachable)]
}

/** The last words by which a command is called. */
export function namesOf({ words, aliases = [] }: Command): string[] {
  return [...words.slice(-1), ...aliases]
}

/** True when exactly one word is missing to the command. */
function isBehind(words: readonly string[], path: readonly string[]): boolean {
  return path.length === words.length + 1 && isSame(path.slice(0, -1), words)
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index])
}
