import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { cfsctl } from '../src/command-table.ts'
import { COMMAND_RUNS } from './command-runs.ts'
import { useGrounds } from './grounds.ts'
import { ourProgram, runOurs } from './programs.ts'

const names = cfsctl.commands.map(({ words }) => words.join(' '))

describe('a command that succeeds says nothing on standard error when it is quiet', {
  timeout: 300_000,
}, () => {
  const grounds = useGrounds()

  test.each(names)('%s', name => {
    const row = COMMAND_RUNS[name]
    expect(row, 'a row in COMMAND_RUNS').toBeDefined()
    if (row === undefined) return
    grounds.use(row, ({ args, input, environment }) => {
      // Whatever is said is said with colours, and without a terminal there is progress, too.
      const force = { ...environment, CLICOLOR_FORCE: '1' }
      const { status, stdout, stderr } = runOurs(['-q', ...args], input, force)
      expect([status, stderr], args.join(' ')).toEqual([0, ''])
      // What differs is coloured where colours are wanted.
      if (name !== 'diff') expect(stdout.includes('\u001b[')).toBe(false)
    })
  })
})

describe('a command whose reader is gone ends without a word', { timeout: 300_000 }, () => {
  const grounds = useGrounds()

  test.each(names)('%s', name => {
    const row = COMMAND_RUNS[name]
    if (row === undefined) return
    grounds.use(row, ({ args, input, environment }) => {
      // Nobody has the other end any more when the program starts.
      const script = 'exec 3> >(:); wait $!; "$@" >&3'
      const words = [process.execPath, ...ourProgram, '-q', ...args]
      const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
        input,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '', ...environment },
      })
      // 0: it has nothing to print.
      expect([0, 141], `${args.join(' ')}: ${stderr}`).toContain(status)
      if (!SILENT.has(name)) expect(status).toBe(141)
      expect(stderr).toBe('')
    })
  })
})

/** Commands that print nothing when all is well. */
const SILENT: ReadonlySet<string> = new Set(['mount', 'umount', 'oci mount'])
