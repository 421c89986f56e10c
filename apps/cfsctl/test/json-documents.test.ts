import { describe, expect, test } from 'vitest'
import { cfsctl } from '../src/command-table.ts'
import { COMMAND_RUNS } from './command-runs.ts'
import { DOCUMENT_FIELDS } from './document-fields.ts'
import { useGrounds } from './grounds.ts'
import { expectDocument } from './json-rules.ts'
import { runOurs } from './programs.ts'

describe('the document of', { timeout: 300_000 }, () => {
  const grounds = useGrounds()
  const names = cfsctl.commands.map(({ words }) => words.join(' '))

  test.each(names)('%s', name => {
    const row = COMMAND_RUNS[name]
    expect(row, 'a row in COMMAND_RUNS').toBeDefined()
    if (row === undefined || row.hasNoDocument === true) return
    grounds.use(row, ({ args, input, environment }) => {
      const { status, stdout, stderr } = runOurs(['--json', '-q', ...args], input, environment)
      expect([status, stderr], args.join(' ')).toEqual([0, ''])
      expectDocument(stdout.toString(), name, { ...row, fields: DOCUMENT_FIELDS[name] ?? [] })
    })
  })

  test('every row is about a command, and no other', () => {
    const planned = cfsctl.planned.map(({ words }) => words.join(' '))
    const strangers = Object.keys(COMMAND_RUNS).filter(
      name => !names.includes(name) && !planned.includes(name),
    )
    expect(strangers).toEqual([])
  })
})
