import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the tests that the table of threats names are there', () => {
  const table = readFileSync(`${root}/docs/threats.md`, 'utf8')
  const paths = [...table.matchAll(/`((?:packages|apps|scripts)\/[^`]+\.ts)`/g)].map(
    ([, path = '']) => path,
  )
  expect(paths.length).toBeGreaterThan(40)
  expect(paths.filter(path => !existsSync(root + path))).toEqual([])
})

test('the scripts that the table of threats names are there', () => {
  const table = readFileSync(`${root}/docs/threats.md`, 'utf8')
  const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = [...table.matchAll(/`pnpm ([\w:-]+)/g)].map(([, name = '']) => name)
  expect(named).not.toEqual([])
  expect(named.filter(name => !(name in scripts))).toEqual([])
})
