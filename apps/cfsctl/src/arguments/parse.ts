import type { Command, Option } from '../command.ts'
import { UsageError } from '../errors/cli-error.ts'
import { usageLine } from '../help/usage-line.ts'
import type { RunnableCommand } from '../runnable-command.ts'
import { checkCombination, checkPlanned } from './combinations.ts'
import { findWord } from './command-search.ts'
import { findLongOption, knownOptions } from './find-option.ts'
import { nearestWords } from './nearest.ts'
import { absentValue, formatOption, parseValue } from './option-values.ts'
import type { ArgumentValue, ArgumentValues, Invocation, Program } from './program.ts'
import { suggestCommands } from './suggest-commands.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a command line by the program's table.
 *
 * Global options may stand anywhere before `--`, those of a command after its words. A short option may be followed
 * by its value in the same word, and switches may share one.
 *
 * @throws UsageError
 */
export function parseArguments(
  program: Program,
  argv: readonly string[],
  env: Environment,
): Invocation {
  return new Parser(program, argv, env).parse()
}

class Parser {
  readonly #program: Program
  readonly #argv: readonly string[]
  readonly #env: Environment
  readonly #words: string[] = []
  readonly #positionals: string[] = []
  readonly #given = new Map<Option, ArgumentValue>()
  #command: RunnableCommand | undefined
  #at = 0
  #onlyPositionals = false

  constructor(program: Program, argv: readonly string[], env: Environment) {
    this.#program = program
    this.#argv = argv
    this.#env = env
    this.#command = program.commands.find(({ words }) => words.length === 0)
  }

  parse(): Invocation {
    while (this.#at < this.#argv.length) {
      const word = this.#argv[this.#at++] ?? ''
      const ended = this.#take(word)
      if (ended !== undefined) return ended
    }
    if (this.#command === undefined) return { kind: 'incomplete', words: this.#words }
    const args = {
      ...this.#values(this.#command.options),
      ...this.#namedPositionals(this.#command),
    }
    const globals = this.#values(this.#program.globals)
    const options = [...this.#command.options, ...this.#program.globals]
    checkCombination(options, this.#given, message => this.#fail(message))
    checkPlanned(options, this.#given)
    return { kind: 'run', command: this.#command, args, globals }
  }

  /** Takes one word and the values that belong to it. What ends the parsing is returned. */
  #take(word: string): Invocation | undefined {
    if (this.#onlyPositionals || word === '-' || !word.startsWith('-')) return this.#takePlain(word)
    if (word === '--') this.#onlyPositionals = true
    else if (word.startsWith('--')) return this.#takeLong(word.slice(2))
    else return this.#takeShort(word.slice(1))
    return undefined
  }

  #takePlain(word: string): Invocation | undefined {
    if (this.#command !== undefined) {
      this.#positionals.push(word)
      return undefined
    }
    if (word === 'help' && !this.#onlyPositionals) return this.#helpWords()
    const found = findWord(this.#program, this.#words, word)
    switch (found?.kind) {
      case undefined: {
        return this.#fail(
          `unrecognized command '${[...this.#words, word].join(' ')}'`,
          suggestCommands(this.#program, this.#words, word),
        )
      }
      case 'planned':
        // What a later release takes as arguments is not known here.
        if (this.#argv.slice(this.#at).some(later => later === '--help' || later === '-h')) {
          return { kind: 'help', words: found.planned.words, isLong: true }
        }
        return found
      case 'tool':
        return { ...found, args: this.#argv.slice(this.#at) }
      case 'command':
        this.#command = found.command
        this.#words.splice(0, this.#words.length, ...found.command.words)
        return undefined
      case 'family':
        this.#words.push(word)
        return undefined
    }
  }

  #helpWords(): Invocation {
    const rest = this.#argv.slice(this.#at).filter(word => !word.startsWith('-'))
    const words = [...this.#words]
    for (const word of rest) {
      const found = findWord(this.#program, words, word)
      if (found === undefined) {
        return this.#fail(
          `unrecognized command '${[...words, word].join(' ')}'`,
          suggestCommands(this.#program, words, word),
        )
      }
      if (found.kind === 'tool') return { ...found, args: ['--help'] }
      const resolved = found.kind === 'command' ? found.command.words : [...words, word]
      words.splice(0, words.length, ...resolved)
    }
    return { kind: 'help', words, isLong: true }
  }

  #takeLong(text: string): Invocation | undefined {
    const equals = text.indexOf('=')
    const name = equals < 0 ? text : text.slice(0, equals)
    const inline = equals < 0 ? undefined : text.slice(equals + 1)
    if (inline === undefined) {
      if (name === 'help') return { kind: 'help', words: this.#words, isLong: true }
      if (name === 'version') return { kind: 'version' }
    }
    const option = findLongOption(this.#program, this.#command, name)
    if (option === undefined) {
      const known = this.#known().filter(({ hidden }) => hidden !== true)
      const near = nearestWords(
        name,
        known.map(({ name }) => name),
      )
      return this.#fail(
        `unexpected option '--${name}' found`,
        near.map(word => `did you mean '--${word}'?`),
      )
    }
    if (option.value === undefined) {
      if (inline !== undefined) this.#fail(`option '--${name}' takes no value`)
      this.#set(option, undefined)
    } else this.#set(option, inline ?? this.#next(option))
    return undefined
  }

  #takeShort(cluster: string): Invocation | undefined {
    for (let index = 0; index < cluster.length; index++) {
      const short = cluster.charAt(index)
      const option = this.#known().find(candidate => candidate.short === short)
      if (option === undefined) {
        if (short === 'h') return { kind: 'help', words: this.#words, isLong: false }
        if (short === 'V') return { kind: 'version' }
        return this.#fail(`unexpected option '-${short}' found`)
      }
      if (option.value !== undefined) {
        const rest = cluster.slice(index + 1).replace(/^=/, '')
        this.#set(option, rest === '' ? this.#next(option) : rest)
        return undefined
      }
      this.#set(option, undefined)
    }
    return undefined
  }

  #known(): readonly Option[] {
    return knownOptions(this.#program, this.#command)
  }

  #next(option: Option): string {
    const next = this.#argv[this.#at]
    // A word that looks like an option is more likely a forgotten value; `--name=-value` says it is meant.
    if (next === undefined || (next.startsWith('-') && next !== '-')) {
      return this.#fail(`option '${formatOption(option)}' needs a value`)
    }
    this.#at++
    return next
  }

  #set(option: Option, text: string | undefined): void {
    const before = this.#given.get(option)
    if (option.value === undefined || text === undefined) {
      this.#given.set(option, option.repeat === true ? Number(before ?? 0) + 1 : true)
      return
    }
    const value = this.#parse(option, text, `'--${option.name}'`)
    if (option.repeat === true)
      this.#given.set(option, [...((before as string[]) ?? []), String(value)])
    // The C tools take the last one.
    else if (before === undefined || this.#program.isCTool === true) this.#given.set(option, value)
    else this.#fail(`option '--${option.name}' may be given only once`)
  }

  #parse(option: Option, text: string, where: string): string | number {
    if (option.value === undefined) throw new TypeError(`--${option.name} takes no value`)
    const parsed = parseValue(option.value, text)
    if ('why' in parsed) return this.#fail(`invalid value '${text}' for ${where}: ${parsed.why}`)
    return parsed.value
  }

  #values(options: readonly Option[]): ArgumentValues {
    return Object.fromEntries(
      options.map(option => [
        option.name,
        this.#given.get(option) ?? this.#fromEnvironment(option) ?? absentValue(option),
      ]),
    )
  }

  #fromEnvironment(option: Option): ArgumentValue {
    for (const variable of option.env ?? []) {
      const text = this.#env[variable]
      if (text !== undefined && text !== '') return this.#parse(option, text, variable)
    }
    return undefined
  }

  #namedPositionals(command: Command): ArgumentValues {
    const rest = [...this.#positionals]
    const values: Record<string, ArgumentValue> = {}
    const missing: string[] = []
    for (const positional of command.positionals) {
      if (positional.repeat === true) values[positional.name] = rest.splice(0)
      else values[positional.name] = rest.shift()
      const value = values[positional.name]
      const isAbsent = value === undefined || (Array.isArray(value) && value.length === 0)
      if (isAbsent && positional.optional !== true) missing.push(positional.name.toUpperCase())
    }
    if (missing.length > 0) this.#fail(`missing argument: ${missing.join(', ')}`)
    if (rest.length > 0) this.#fail(`unexpected argument '${rest[0]}' found`)
    return values
  }

  #fail(message: string, hints: readonly string[] = []): never {
    throw new UsageError(
      message,
      usageLine(this.#program, this.#command?.words ?? this.#words),
      hints,
    )
  }
}
