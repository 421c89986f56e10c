import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildTar } from '@composefs/test-fixtures'
import { expect, onTestFinished, test } from 'vitest'
import { hostPlatform } from '../src/platform.ts'
import { LayoutBuilder, temporaryDirectory } from './layout-builder.ts'

const here = dirname(fileURLToPath(import.meta.url))

test('the example of the README runs', async () => {
  const readme = readFileSync(join(here, '../README.md'), 'utf8')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  if (example === undefined) throw new Error('no example')
  const tar = await buildTar([
    { name: 'usr', type: 'directory' },
    { name: 'usr/hello', content: 'hello\n' },
  ])
  const cwd = temporaryDirectory()
  const layout = new LayoutBuilder(join(cwd, 'layout'))
  const image = layout.image([tar], { ...hostPlatform() })
  layout.finish({ latest: image })
  // Beside the tests, so that the packages are found as they are by a user.
  const script = join(here, `example.${process.pid}.ts`)
  onTestFinished(() => rmSync(script))
  writeFileSync(script, example)
  const run = spawnSync(process.execPath, ['--conditions=composefs-source', script], {
    cwd,
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  const [ids, ...lines] = run.stdout.split('\n')
  expect(ids).toMatch(new RegExp(`^${image.digest} [0-9a-f]{64}$`))
  expect(lines).toEqual([
    '/ 0 40755 3 0 0 0 1700000000.0 - - -',
    '/usr 0 40755 2 0 0 0 1700000000.0 - - -',
    '/usr/hello 6 100644 1 0 0 0 1700000000.0 - hello\\n -',
    '',
  ])
})
