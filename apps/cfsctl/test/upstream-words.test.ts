import { describe, expect, test } from 'vitest'
import { parseArguments } from '../src/arguments/parse.ts'
import type { Invocation, Program } from '../src/arguments/program.ts'
import { cfsctl } from '../src/command-table.ts'
import { isCliError } from '../src/errors/cli-error.ts'
import { globalOptions } from '../src/global-options.ts'
import { COMMAND_WORDS, GLOBAL_WORDS, TOOL_WORDS, type UpstreamWord } from './upstream-words.ts'

/** What the parser makes of a line; what is of a later release is a failure when options or values are. */
function outcome(program: Program, line: readonly string[]): Invocation['kind'] {
  try {
    return parseArguments(program, line, {}).kind
  } catch (error) {
    if (isCliError(error) && error.code === 'feature-unsupported') return 'planned'
    throw error
  }
}

function expectTaken(program: Program, { line, state }: UpstreamWord): void {
  const kind = outcome(program, line)
  if (state === 'answered') expect(kind).toBe('planned')
  else expect(['run', 'help', 'version']).toContain(kind)
  if (typeof state === 'object') expect(state.differs).toMatch(/\w/)
}

const firstWords = new Set(cfsctl.commands.map(({ words }) => words[0]))

const named = (words: readonly UpstreamWord[]) =>
  words.map(word => ({ name: word.line.join(' '), word }))

describe('words of cfsctl 0.9.4', () => {
  test.each(named(GLOBAL_WORDS))('cfsctl $name', ({ word }) => {
    expectTaken(cfsctl, word)
    // Ours take them behind the command, too.
    const at = word.line.findIndex(part => firstWords.has(part))
    const [before, behind] = [word.line.slice(0, at), word.line.slice(at)]
    expectTaken(cfsctl, { ...word, line: [...behind, ...before] })
  })

  test.each(named(COMMAND_WORDS))('cfsctl $name', ({ word }) => expectTaken(cfsctl, word))

  test.each(
    cfsctl.commands.flatMap(({ words, options, upstream }) =>
      upstream === undefined ? [] : [{ name: words.join(' '), words, options, upstream }],
    ),
  )('$name: what the table says to be there is in the list above', ({ options, upstream }) => {
    // `oci layer --dumpfile` is the command `oci layer`.
    const path = upstream.words.split(' ').filter(word => !word.startsWith('-'))
    const lines = COMMAND_WORDS.map(({ line }) => line).filter(line =>
      path.every((word, index) => line[index] === word),
    )
    expect(lines).not.toEqual([])
    const typed = new Set(lines.flat())
    for (const name of upstream.options ?? []) {
      const option = options.find(candidate => candidate.name === name)
      expect(option, `--${name}`).toBeDefined()
      expect(typed.has(`--${name}`), `--${name} in the list`).toBe(true)
    }
  })

  test('every option of the list is one that the table says to be there', () => {
    const globals = new Set<string>(globalOptions.map(({ name }) => name))
    for (const { line, state } of COMMAND_WORDS) {
      const command = cfsctl.commands.find(({ words }) =>
        words.every((word, index) => line[index] === word),
      )
      if (command === undefined || state === 'answered') continue
      for (const [, name = ''] of line.join(' ').matchAll(/(?<=^| )--([\w-]+)/g)) {
        if (globals.has(name) && !command.options.some(option => option.name === name)) continue
        expect(command.upstream?.options, `${line.join(' ')}`).toContain(name)
      }
    }
  })
})

describe.each(Object.keys(TOOL_WORDS))('words of %s', name => {
  test.each(named(TOOL_WORDS[name] ?? []))(`${name} $name`, async ({ word }) => {
    const tool = cfsctl.tools?.find(candidate => candidate.name === name)
    if (tool === undefined) throw new Error(`there is no ${name}`)
    expectTaken(await tool.load(), word)
    // The same behind cfsctl.
    expect(outcome(cfsctl, [name, ...word.line])).toBe('tool')
  })
})
