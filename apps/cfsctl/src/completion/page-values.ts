import { findWord, subcommands } from '../arguments/command-search.ts'
import type { Program } from '../arguments/program.ts'
import type { Candidate } from './candidates.ts'

/** Manual pages that no command is named after. */
const OTHER_PAGES: readonly Candidate[] = [
  { value: 'cfsctl', description: 'The whole program' },
  { value: 'composefs-dump', description: 'The format of dump files' },
]

/** Words that choose a manual page, behind those that are there. */
export function pageCandidates(program: Program, words: readonly string[]): Candidate[] {
  const commands = subcommands(program, words).flatMap(value => {
    const found = findWord(program, words, value)
    if (found?.kind === 'command') return [{ value, description: found.command.summary }]
    if (found?.kind === 'tool') return [{ value, description: found.tool.summary }]
    const isThere = program.commands.some(command => command.words[words.length] === value)
    return found?.kind === 'family' && isThere ? [{ value }] : []
  })
  return words.length > 0 ? commands : [...OTHER_PAGES, ...commands]
}
