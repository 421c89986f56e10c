import type { Program } from '../arguments/program.ts'
import { type Command, GROUPS, type Option, type PlannedCommand } from '../command.ts'
import { optionEntries } from './option-entries.ts'
import { commandLine, usageLine } from './usage-line.ts'
import { definitionLines, HELP_WIDTH, meaningColumn, wrap } from './wrap.ts'

/** Widest column for terms: leaves half of the line for what they mean. */
const TERM_COLUMN_MAX = 34

/** What is asked for: the command's words, and whether everything should be told. */
export interface HelpRequest {
  readonly words: readonly string[]
  readonly isLong: boolean
}

/** The help of a program, of a family of commands such as `oci`, or of one command. */
export function helpText(program: Program, { words, isLong }: HelpRequest): string {
  const path = words.join(' ')
  const command = program.commands.find(candidate => candidate.words.join(' ') === path)
  const planned = program.planned.find(candidate => candidate.words.join(' ') === path)
  const sections =
    command !== undefined
      ? commandSections(program, command, isLong)
      : planned !== undefined
        ? plannedSections(program, planned)
        : listSections(program, words, isLong)
  return `${sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`
}

function commandSections(program: Program, command: Command, isLong: boolean): string[][] {
  const globals = program.globals.filter(
    ({ name, hidden }) => hidden !== true && !command.options.some(option => option.name === name),
  )
  return [
    sentences(command.summary),
    ...(isLong ? (command.description ?? []).map(sentences) : []),
    [`Usage: ${usageLine(program, command.words)}`],
    section(
      'Arguments:',
      command.positionals.map(({ name, summary }) => [name.toUpperCase(), summary]),
    ),
    section('Options:', optionEntries(command.options)),
    globals.length === 0 ? [] : isLong ? globalSection(globals) : globalPointer(program),
    isLong ? exitSection(command) : [],
    isLong && command.examples !== undefined
      ? ['Examples:', ...command.examples.map(example => `  ${example}`)]
      : [],
  ]
}

function plannedSections(program: Program, { words, summary }: PlannedCommand): string[][] {
  return [
    sentences(summary),
    sentences(`'${program.name} ${words.join(' ')}' is not in this release: it ends with exit 5.`),
  ]
}

function listSections(program: Program, words: readonly string[], isLong: boolean): string[][] {
  const commands = program.commands.filter(command => isBelow(words, command.words))
  const family = program.families[words.join(' ')]
  const tools = words.length > 0 ? [] : (program.tools ?? [])
  const terms = [...commands.map(commandLine), ...tools.map(({ name }) => name)]
  const column = meaningColumn(terms, TERM_COLUMN_MAX)
  const groups = GROUPS.map(group => {
    const members = commands.filter(command => command.group === group)
    const entries = [
      ...members.map(member => [commandLine(member), member.summary] as const),
      ...(group === 'Tools' ? tools.map(({ name, summary }) => [name, summary] as const) : []),
    ]
    return entries.length === 0 ? [] : [`${group}:`, ...definitionLines(entries, column)]
  })
  const name = [program.name, ...words].join(' ')
  return [
    sentences(family ?? program.summary),
    [`Usage: ${usageLine(program, words)}`],
    ...groups,
    words.length > 0 ? [] : isLong ? globalSection(program.globals) : globalPointer(program),
    plannedList(program, words),
    commands.length < 2 ? [] : sentences(`'${name} COMMAND --help' tells more about a command.`),
  ]
}

function plannedList(program: Program, words: readonly string[]): string[] {
  const planned = program.planned.filter(({ words: path }) => isBelow(words, path))
  if (planned.length === 0) return []
  const names = planned.map(({ words: path }) => path.join(' ')).join(', ')
  return [
    'Not available in this release (exit 5):',
    // A command of two words stays on one line.
    ...wrap(names.replaceAll(/(?<!,) /g, '\u00a0'), HELP_WIDTH - 2).map(
      line => `  ${line.replaceAll('\u00a0', ' ')}`,
    ),
  ]
}

function globalSection(globals: readonly Option[]): string[] {
  return section('Global options, anywhere before "--":', [
    ...optionEntries(globals),
    ['-h, --help', 'Show help; --help tells more than -h'],
    ['-V, --version', 'Show the version'],
  ])
}

function globalPointer(program: Program): string[] {
  return sentences(`'${program.name} --help' lists the global options.`)
}

function exitSection({ exits = {} }: Command): string[] {
  return section('Exit status:', [['0', 'done'], ...Object.entries(exits)])
}

function section(
  title: string,
  entries: readonly (readonly [term: string, meaning: string])[],
): string[] {
  if (entries.length === 0) return []
  const column = meaningColumn(
    entries.map(([term]) => term),
    TERM_COLUMN_MAX,
  )
  return [title, ...definitionLines(entries, column)]
}

function sentences(text: string): string[] {
  const ended = /[.?!:]$/.test(text) ? text : `${text}.`
  return wrap(ended, HELP_WIDTH)
}

function isBelow(words: readonly string[], path: readonly string[]): boolean {
  return path.length > words.length && words.every((word, index) => path[index] === word)
}
