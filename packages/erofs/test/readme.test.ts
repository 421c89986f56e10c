import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))

test('the example of the README runs', () => {
  const readme = readFileSync(join(here, '../README.md'), 'utf8')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  if (example === undefined) throw new Error('no example')
  // Beside the tests, so that the packages are found as they are by a user.
  const script = join(here, `example.${process.pid}.ts`)
  onTestFinished(() => rmSync(script))
  writeFileSync(script, example)
  const run = spawnSync(process.execPath, ['--conditions=composefs-source', script], {
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(run.stdout).toMatch(/^[0-9a-f]{64}\n\d+\ntrue\n\[ '5a\/(5a){31}' \]\n/)
  expect(run.stdout).toMatch(/\n\/bin\/sh 125000 100755 1 0 0 0 0\.0 5a\/(5a){31} - (5a){32}\n$/)
})
