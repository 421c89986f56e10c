import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { allPages, root } from '../src/pages.ts'

const directory = fileURLToPath(new URL(`../.examples/types-${process.pid}`, import.meta.url))

const SETTINGS = {
  extends: '../../../../tsconfig.base.json',
  compilerOptions: { noEmit: true, allowImportingTsExtensions: true, moduleDetection: 'force' },
  include: ['*.ts'],
}

test('the TypeScript of the pages has types', { timeout: 600_000 }, () => {
  mkdirSync(directory, { recursive: true })
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const files = allPages().flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language }) => language === 'ts')
      .map(({ line, text }) => ({ name: `${path.replaceAll('/', '-')}-${line}.ts`, text })),
  )
  expect(files.length).toBeGreaterThan(10)
  for (const { name, text } of files) writeFileSync(join(directory, name), text)
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(SETTINGS))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout, stderr } = spawnSync(tsc, ['-p', directory], { encoding: 'utf8' })
  expect(`${stdout}${stderr}`).toBe('')
})
