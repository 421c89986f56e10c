import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', () => {
  const output = runReadmeExample(directory)
  expect(output).toMatch(/^[0-9a-f]{64}\n\d+\ntrue\n\[ '5a\/(5a){31}' \]\n/)
  expect(output).toMatch(/\n\/bin\/sh 125000 100755 1 0 0 0 0\.0 5a\/(5a){31} - (5a){32}\n$/)
})
