import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BUDGETS } from '../packages/budgets.ts'
import { codeSize } from '../packages/minified.ts'
import { publishedPackages, root } from '../packages/published.ts'

const published = publishedPackages()
const page = readFileSync(join(root, 'docs/sizes.md'), 'utf8')

test('every published package has a budget, and nothing else has', () => {
  expect(Object.keys(BUDGETS).sort()).toEqual(published.map(({ name }) => name).sort())
})

describe.each(published)('$name', each => {
  test('its code is within its budget', async () => {
    const { minified } = await codeSize(each)
    expect(minified / 1024).toBeLessThanOrEqual(BUDGETS[each.name]?.minified ?? 0)
  })

  test('is in the table of docs/sizes.md with its budgets', () => {
    const row = page.split('\n').find(line => line.startsWith(`| \`${each.name}\` |`)) ?? ''
    const cells = row.split('|').map(cell => cell.trim())
    const { packed, minified } = BUDGETS[each.name] ?? {}
    expect([cells[3], cells[5]]).toEqual([String(packed), String(minified)])
  })
})
