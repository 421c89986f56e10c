import { describe, expect, test } from 'vitest'
import { type CliCode, EXIT_STATUS } from '../../src/errors/cli-error.ts'
import { useGrounds } from '../grounds.ts'
import { runOurs } from '../programs.ts'
import { expectError } from './expect-error.ts'
import { INCOMING_ROWS } from './incoming-rows.ts'
import { MACHINE_ROWS } from './machine-rows.ts'
import { NAME_ROWS } from './name-rows.ts'
import { REGISTRY_ROWS } from './registry-rows.ts'
import { STORED_ROWS } from './stored-rows.ts'

const ERROR_ROWS = [...NAME_ROWS, ...STORED_ROWS, ...INCOMING_ROWS]

/** Codes that no command comes to on a machine that works, and why. */
const UNREACHABLE: Readonly<Partial<Record<CliCode, string>>> = {
  internal: 'a mistake of ours',
  'kernel-too-old': 'overlayfs of kernels before 6.6: the VM tests mount there',
}

describe('an error', { timeout: 300_000 }, () => {
  const grounds = useGrounds()

  test.each(ERROR_ROWS)('$code, exit $exit: $title', async row => {
    const ground = grounds.make()
    await row.spoil?.(ground)
    const environment = { CFSCTL_REPO: ground.repository, ...row.environment?.(ground) }
    expectError(runOurs(['--json', '-q', ...row.args(ground)], row.input, environment), row)
  })
})

test('every code has a command that ends with it', () => {
  const seen = new Set<string>(
    [ERROR_ROWS, MACHINE_ROWS, REGISTRY_ROWS].flatMap(rows => rows.map(({ code }) => code)),
  )
  const missing = Object.keys(EXIT_STATUS).filter(code => !seen.has(code) && !(code in UNREACHABLE))
  expect(missing).toEqual([])
})
