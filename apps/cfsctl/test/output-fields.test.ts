import { afterAll, describe, expect, test } from 'vitest'
import { cfsctl } from '../src/command-table.ts'
import { COMMAND_RUNS } from './command-runs.ts'
import { useGrounds } from './grounds.ts'
import { runOurs } from './programs.ts'

/** Paths of all values of a document: `layers[].diff_id`. A list without items stands for itself. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    return [`${path}[]`, ...value.flatMap(item => pathsOf(item, `${path}[]`))]
  }
  if (value === null || typeof value !== 'object') return [path]
  return Object.entries(value).flatMap(([name, below]) =>
    pathsOf(below, path === '' ? name : `${path}.${name}`),
  )
}

/** Whether the table tells of a path: by itself, or of what it is below, or of something in it. */
function isTold(told: readonly string[], path: string): boolean {
  return told.some(
    known =>
      known === path ||
      path.startsWith(`${known}.`) ||
      path.startsWith(`${known}[]`) ||
      (path.endsWith('[]') && known.startsWith(path)),
  )
}

describe('the table tells of the fields of', () => {
  const grounds = useGrounds()
  const commands = cfsctl.commands.map(command => ({ name: command.words.join(' '), command }))
  const seen = new Set<string>()

  test.each(commands)('$name', ({ name, command: { output } }) => {
    const row = COMMAND_RUNS[name]
    if (row === undefined || row.hasNoDocument === true) {
      if (row !== undefined) expect(output).toBeUndefined()
      return
    }
    const told = Object.keys(output ?? {})
    const found = new Set<string>()
    grounds.use(row, ({ args, input, environment }) => {
      const { stdout } = runOurs(['--json', '-q', ...args], input, environment)
      for (const path of pathsOf(JSON.parse(stdout.toString()))) found.add(path)
    })
    if (found.size === 0) return
    seen.add(name)
    found.delete('schema')
    // A name that is no UTF-8 has a second field beside it.
    const untold = [...found].filter(
      path => !isTold(told, path) && !isTold(told, path.replace(/_base64$/, '')),
    )
    expect(untold).toEqual([])
  })

  afterAll(() => expect(seen.size).toBeGreaterThan(20))
})
