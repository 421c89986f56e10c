import { namesOf, subcommands } from './command-search.ts'
import { suggestions } from './nearest.ts'
import type { Program } from './program.ts'

/** Words by which other programs call what we have, and our last words for it. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  build: ['create-image'],
  check: ['fsck'],
  delete: ['rm', 'untag'],
  list: ['images'],
  ls: ['images'],
  prune: ['gc'],
  remove: ['rm', 'untag'],
  rm: ['untag'],
  show: ['inspect'],
  unmount: ['umount'],
}

/** Most commands that are named. */
const NAMED_MAX = 3

/** What may have been meant by a word that is no command behind `words`, as hints. */
export function suggestCommands(
  program: Program,
  words: readonly string[],
  word: string,
): string[] {
  const near = suggestions(word, subcommands(program, words))
  if (near.length > 0) return near
  const wanted = [word, ...(Object.hasOwn(ELSEWHERE, word) ? (ELSEWHERE[word] ?? []) : [])]
  const found = program.commands.filter(command => namesOf(command).some(n => wanted.includes(n)))
  // Of the family that was named, if it has one.
  const own = found.filter(command => words.length > 0 && command.words[0] === words[0])
  const lines = (own.length > 0 ? own : found)
    .slice(0, NAMED_MAX)
    .map(command => `'${[program.name, ...command.words].join(' ')}'`)
  return lines.length === 0 ? [] : [`did you mean ${lines.join(' or ')}?`]
}
