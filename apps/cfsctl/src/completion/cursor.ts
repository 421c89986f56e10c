import { findWord } from '../arguments/command-search.ts'
import { findLongOption, knownOptions } from '../arguments/find-option.ts'
import type { Program } from '../arguments/program.ts'
import type { Command, Option } from '../command.ts'

/** What the command line says up to the cursor, as far as it makes sense. */
export interface Cursor {
  readonly program: Program
  /** Words of the command so far: all of them, or those of a family. */
  readonly words: readonly string[]
  readonly command: Command | undefined
  /** Values of the options before the cursor, by name; switches have none. */
  readonly given: ReadonlyMap<string, readonly string[]>
  /** Arguments before the cursor. */
  readonly positionals: readonly string[]
  readonly expects: Expectation
  /** The word at the cursor, up to the cursor. */
  readonly text: string
}

/** What the word at the cursor is going to be. */
export type Expectation =
  /** A command, or an argument of the command that there is. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'option' }
  /** The value of an option, behind `prefix`. */
  | { readonly kind: 'value'; readonly option: Option; readonly prefix: string }
  /** A word behind `help`. */
  | { readonly kind: 'help' }

/** Finds out where in a command line its last word is. Words that make no sense are passed over. */
export async function findCursor(program: Program, line: readonly string[]): Promise<Cursor> {
  const before = line.slice(0, -1)
  const text = line.at(-1) ?? ''
  let reader = new Reader(program)
  for (const word of before) {
    const found = reader.take(word)
    if (found !== undefined) reader = new Reader(await found.load())
  }
  return reader.at(text)
}

class Reader {
  readonly #program: Program
  #words: readonly string[] = []
  #command: Command | undefined
  #isHelp = false
  #isEnded = false
  #pending: Option | undefined
  readonly #given = new Map<string, string[]>()
  readonly #positionals: string[] = []

  constructor(program: Program) {
    this.#program = program
    this.#command = program.commands.find(({ words }) => words.length === 0)
  }

  /** Takes a word; a program that the rest of the line belongs to is returned. */
  take(word: string): { load(): Promise<Program> } | undefined {
    if (this.#pending !== undefined) {
      this.#give(this.#pending, word)
      this.#pending = undefined
    } else if (!this.#isEnded && word.length > 1 && word.startsWith('-')) this.#takeOption(word)
    else if (this.#command !== undefined && !this.#isHelp) this.#positionals.push(word)
    else return this.#takeCommandWord(word)
    return undefined
  }

  at(text: string): Cursor {
    return {
      program: this.#program,
      words: this.#words,
      command: this.#command,
      given: this.#given,
      positionals: this.#positionals,
      expects: this.#expectation(text),
      text,
    }
  }

  #expectation(text: string): Expectation {
    if (this.#pending !== undefined) return { kind: 'value', option: this.#pending, prefix: '' }
    if (this.#isEnded || !text.startsWith('-')) {
      return { kind: this.#isHelp ? 'help' : 'plain' }
    }
    const equals = text.indexOf('=')
    if (!text.startsWith('--') || equals < 0) return { kind: 'option' }
    const option = this.#findLong(text.slice(2, equals))
    if (option?.value === undefined) return { kind: 'option' }
    return { kind: 'value', option, prefix: text.slice(0, equals + 1) }
  }

  #takeOption(word: string): void {
    if (word === '--') this.#isEnded = true
    else if (word.startsWith('--')) this.#takeLong(word.slice(2))
    else this.#takeShort(word.slice(1))
  }

  #takeLong(text: string): void {
    const equals = text.indexOf('=')
    const option = this.#findLong(equals < 0 ? text : text.slice(0, equals))
    if (option === undefined) return
    if (option.value === undefined) this.#give(option)
    else if (equals < 0) this.#pending = option
    else this.#give(option, text.slice(equals + 1))
  }

  #takeShort(cluster: string): void {
    const known = knownOptions(this.#program, this.#command)
    for (let index = 0; index < cluster.length; index++) {
      const option = known.find(({ short }) => short === cluster.charAt(index))
      if (option === undefined) return
      if (option.value === undefined) {
        this.#give(option)
        continue
      }
      const rest = cluster.slice(index + 1).replace(/^=/, '')
      if (rest === '') this.#pending = option
      else this.#give(option, rest)
      return
    }
  }

  #takeCommandWord(word: string): { load(): Promise<Program> } | undefined {
    if (word === 'help' && !this.#isHelp && !this.#isEnded) {
      this.#isHelp = true
      return undefined
    }
    const found = findWord(this.#program, this.#words, word)
    if (found?.kind === 'tool') {
      if (!this.#isHelp) return found.tool
      this.#words = [...this.#words, word]
    } else if (found?.kind === 'command') {
      this.#command = found.command
      this.#words = found.command.words
    } else if (found !== undefined) this.#words = [...this.#words, word]
    return undefined
  }

  #give(option: Option, value?: string): void {
    const before = this.#given.get(option.name) ?? []
    this.#given.set(option.name, value === undefined ? before : [...before, value])
  }

  #findLong(name: string): Option | undefined {
    return findLongOption(this.#program, this.#command, name)
  }
}
