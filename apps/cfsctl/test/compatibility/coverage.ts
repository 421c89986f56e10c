import { parseArguments } from '../../src/arguments/parse.ts'
import type { Program } from '../../src/arguments/program.ts'
import type { Option } from '../../src/command.ts'
import { cfsctl } from '../../src/command-table.ts'
import { isCliError } from '../../src/errors/cli-error.ts'
import { PEER_ROWS } from './peer-rows.ts'

/** What a line says, without the names that differ from run to run. */
interface Signature {
  readonly command: string
  /** Options by name, with their values where there is a choice. */
  readonly options: ReadonlyMap<string, string>
  readonly positionals: readonly string[]
}

/** True when a line that both programs run in the tests has all the words of this one. */
export function isCompared(line: readonly string[]): boolean {
  const wanted = signatureOf(cfsctl, line)
  return ROWS.some(({ text, signature }) => {
    if (wanted === undefined || signature === undefined) return text === line.join(' ')
    const { command, options, positionals } = signature
    return (
      command === wanted.command &&
      wanted.positionals.every(name => positionals.includes(name)) &&
      [...wanted.options].every(([name, value]) => options.get(name) === value)
    )
  })
}

/** Undefined for what is no command: help, the version, and what a later release has. */
function signatureOf(program: Program, line: readonly string[]): Signature | undefined {
  try {
    const invocation = parseArguments(program, line, {})
    if (invocation.kind !== 'run') return undefined
    const { command, args, globals } = invocation
    const options = new Map<string, string>()
    for (const option of [...program.globals, ...command.options]) {
      const value = { ...globals, ...args }[option.name]
      if (isGiven(value)) options.set(option.name, shown(option, value))
    }
    const positionals = command.positionals.flatMap(({ name }) =>
      isGiven(args[name]) ? [name] : [],
    )
    return { command: command.words.join(' '), options, positionals }
  } catch (error) {
    if (isCliError(error)) return undefined
    throw error
  }
}

function isGiven(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== false &&
    value !== 0 &&
    !(Array.isArray(value) && value.length === 0)
  )
}

function shown({ value: type }: Option, value: unknown): string {
  return type?.kind === 'choice' || type?.kind === 'integer' ? String(value) : 'given'
}

const ROWS = PEER_ROWS.map(({ line }) => ({
  text: line,
  signature: signatureOf(cfsctl, line.split(' ')),
}))
