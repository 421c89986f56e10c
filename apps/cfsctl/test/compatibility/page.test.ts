import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compatibilityPage, OTHER_TESTS } from './page.ts'

test('docs/compatibility.md is what the tables say', async () => {
  const page = fileURLToPath(new URL('../../../../docs/compatibility.md', import.meta.url))
  await expect(compatibilityPage()).toMatchFileSnapshot(page)
})

test('every test that the page names is there', () => {
  const named = [...compatibilityPage().matchAll(/`([\w/-]+)`/g)].map(([, name]) => name)
  const tests = [...Object.values(OTHER_TESTS), 'compatibility/peer-rows.test.ts']
  for (const file of tests) {
    expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true)
    expect(named).toContain(file.replace('.test.ts', ''))
  }
})
