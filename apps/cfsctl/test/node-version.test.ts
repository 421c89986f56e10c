import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nodeTooOld } from '../src/node-version.ts'

test.each(['22.15.0', '22.20.1', '23.10.0', '24.1.0', '100.0.0-nightly'])(
  'Node %s will do',
  version => {
    expect(nodeTooOld(version)).toBeUndefined()
  },
)

test.each(['18.20.4', '20.20.2', '22.0.0', '22.14.9'])('Node %s is too old', version => {
  expect(nodeTooOld(version)).toBe(`cfsctl needs Node >= 22.15; this is ${version}`)
})

test('the package says the same', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  expect(JSON.parse(text).engines.node).toBe('^22.15 || >=23.10')
})

test.each(['23.0.0', '23.9.0'])('%s lacks what 22.15 has', version => {
  expect(nodeTooOld(version)).toBe(`cfsctl needs Node >= 23.10 of those of 23; this is ${version}`)
})
