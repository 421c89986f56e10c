import { spawnSync } from 'node:child_process'
import { describe, test } from 'vitest'
import { useGrounds } from '../grounds.ts'
import { ourProgram } from '../programs.ts'
import { expectError } from './expect-error.ts'
import { MACHINE_ROWS } from './machine-rows.ts'

const isRoot = process.getuid?.() === 0

describe(`an error of the machine${isRoot ? '' : ' (some need root)'}`, {
  timeout: 300_000,
}, () => {
  const grounds = useGrounds()

  test.each(MACHINE_ROWS.filter(({ needsRoot }) => isRoot || !needsRoot))(
    '$code, exit $exit: $title',
    row => {
      const ground = grounds.make()
      const program = [process.execPath, ...ourProgram, '--json', '-q']
      const { status, signal, stdout, stderr } = spawnSync(
        'bash',
        ['-c', row.script(ground), 'bash', ...program],
        { env: { ...process.env, NODE_OPTIONS: '', CFSCTL_REPO: ground.repository } },
      )
      // The shell has its own words about jobs that were ended.
      const said = stderr
        .toString()
        .split('\n')
        .filter(line => line.startsWith('{'))
      expectError({ status, signal, stdout, stderr: said.join('\n') }, row)
    },
  )
})
