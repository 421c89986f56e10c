import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', () => {
  const [hex, path, id] = runReadmeExample(directory).split('\n')
  expect(hex).toMatch(/^1e2eaa42[0-9a-f]{56}$/)
  expect([path, id]).toEqual([`1e/${hex?.slice(2)}`, `sha256:${hex}`])
})
