import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', () => {
  expect(runReadmeExample(directory)).toMatch(
    /^\[\s*\{\s*name: 'my\/image',\s*digest: '[0-9a-f]{64}'\s*\}\s*\]\n$/,
  )
})
