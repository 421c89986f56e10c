import { formatOption } from '../arguments/option-values.ts'
import type { Program } from '../arguments/program.ts'
import type { Command, Positional } from '../command.ts'

/** `cfsctl oci tag [OPTIONS] DIGEST NAME`. */
export function usageLine(program: Program, words: readonly string[]): string {
  const command = program.commands.find(candidate => candidate.words.join(' ') === words.join(' '))
  const names = [program.name, ...words].join(' ')
  if (command === undefined) return `${names} [OPTIONS] COMMAND`
  const required = command.options.filter(option => option.required === true)
  return [
    `${names} [OPTIONS]`,
    ...required.map(formatOption),
    ...command.positionals.map(formatPositional),
  ].join(' ')
}

/** `oci tag DIGEST NAME`: the command as lists show it. */
export function commandLine({ words, positionals }: Command): string {
  return [...words, ...positionals.map(formatPositional)].join(' ')
}

function formatPositional({ name, optional, repeat }: Positional): string {
  const label = name.toUpperCase() + (repeat === true ? '...' : '')
  return optional === true ? `[${label}]` : label
}
