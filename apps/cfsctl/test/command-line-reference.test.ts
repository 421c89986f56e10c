import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cfsctl } from '../src/command-table.ts'
import { commandLineReference } from '../src/reference/command-line-reference.ts'

const file = new URL('../../../docs/cli.md', import.meta.url)

test('docs/cli.md is what `pnpm docs:cli` writes', async () => {
  expect(readFileSync(file, 'utf8')).toBe(await commandLineReference(cfsctl))
})

test('links lead to headings and files that are there', () => {
  const text = readFileSync(file, 'utf8')
  const anchors = new Set(
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  const targets = Array.from(text.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target)
  expect(targets.length).toBeGreaterThan(50)
  for (const target of new Set(targets)) {
    if (target.startsWith('#')) expect(anchors).toContain(target.slice(1))
    else expect(readFileSync(new URL(target, file), 'utf8')).not.toBe('')
  }
})
