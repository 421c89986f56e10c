import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', () => {
  expect(runReadmeExample(directory)).toMatch(
    /^hello 2cf24dba[0-9a-f]{56}\nworld 486ea462[0-9a-f]{56}\n$/,
  )
})
