import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', () => {
  expect(runReadmeExample(directory)).toBe('9a6278d001000000\n')
})
