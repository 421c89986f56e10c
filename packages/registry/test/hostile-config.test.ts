import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAuthFile } from '../src/config/auth-file.ts'
import { parseRegistriesDocument } from '../src/config/registries-document.ts'
import { isRegistryError } from '../src/errors.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A text with a few pieces cut out, doubled or put in. */
function mutated(text: string, alphabet: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(text.length),
    cut: fc.nat(6),
    put: fc.constantFrom('', ...alphabet),
  })
  return fc
    .array(change, { maxLength: 4 })
    .map(changes =>
      changes.reduce((all, { at, cut, put }) => all.slice(0, at) + put + all.slice(at + cut), text),
    )
}

const CONF = `
unqualified-search-registries = ["quay.io"]
[[registry]]
prefix = "*.a.com"
location = "b.com/x"
insecure = true
[[registry.mirror]]
location = "c.com"
pull-from-mirror = "tag-only"
[aliases]
"a" = "b"
`

const AUTH = JSON.stringify({
  auths: { 'a.io': { auth: 'YTpi' }, 'a.io/b': { identitytoken: 'x' } },
  credHelpers: { 'c.io': 'd' },
  credsStore: 'e',
})

describe('configuration that somebody damaged', () => {
  const toml = [
    '[',
    ']',
    '"',
    "'",
    '=',
    '.',
    '\n',
    '{',
    '}',
    '0x',
    '1e999',
    '1979-13-01',
    '\0',
    '\\u',
    ',',
  ]

  test('registries.conf', () => {
    fc.assert(
      fc.property(mutated(CONF, toml), text => {
        try {
          parseRegistriesDocument(text, '/conf')
        } catch (error) {
          expect(isRegistryError(error, 'ERR_REGISTRY_BAD_CONFIG')).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['arrays in each other', `a = ${'['.repeat(300_000)}`],
    ['tables in each other', `a = ${'{b='.repeat(200_000)}`],
    ['a long key', `${'a.'.repeat(300_000)}b = 1`],
    ['__proto__', '[[registry]]\n__proto__ = 1\nlocation = "a"'],
  ])('registries.conf with %s', (_, text) => {
    try {
      parseRegistriesDocument(text, '/conf')
    } catch (error) {
      expect(isRegistryError(error, 'ERR_REGISTRY_BAD_CONFIG')).toBe(true)
    }
  })

  const json = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    'null',
    '1',
    '"__proto__":',
    '\0',
    '\ud800',
  ]

  test('an auth file', async () => {
    const path = join(temporaryDirectory(), 'auth.json')
    await fc.assert(
      fc.asyncProperty(mutated(AUTH, json), fc.boolean(), async (text, isLegacy) => {
        writeFileSync(path, text)
        try {
          await readAuthFile({ path, isLegacy, isNamed: true })
        } catch (error) {
          expect(isRegistryError(error, 'ERR_REGISTRY_BAD_CONFIG')).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})
