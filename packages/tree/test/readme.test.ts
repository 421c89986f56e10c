import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import { expect, test } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))

test('the example of the README runs', () => {
  expect(runReadmeExample(directory)).toBe(
    [
      '/ 0 40755 3 0 0 0 0.0 - - -',
      '/etc 0 40755 2 0 0 0 0.0 - - -',
      '/etc/motd 6 100755 2 0 0 0 0.0 - hello\\n -',
      '/hello 0 @120000 - - - - 0.0 /etc/motd - -',
      ...['/', '/etc', '/etc/motd', '/hello', ''],
    ].join('\n'),
  )
})
