import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearestNames } from '../src/store/nearest-names.ts'
import { decodeTag, encodeTag } from '../src/store/tags.ts'

describe('a tag', () => {
  test('comes back from its file name', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(name, text => {
        fc.pre(!text.startsWith('@') && !text.includes('\0') && text !== '.' && text !== '..')
        const file = encodeTag(text)
        expect(file).not.toContain('/')
        expect(decodeTag(file)).toBe(text)
      }),
    )
  })

  test.each([
    ['a%2fb', 'a%2fb'],
    ['a%2Fb', 'a/b'],
    ['a%252Fb', 'a%2Fb'],
    ['%41%', '%41%'],
    ['%25%25', '%%'],
  ])('of the file %s is %s', (file, name) => {
    expect(decodeTag(file)).toBe(name)
  })

  test.each(['', '@', '@a', '.', '..', 'a\0b', 'x'.repeat(256), '%'.repeat(86), '\ud800'])(
    'cannot be %j',
    name => {
      expect(() => encodeTag(name)).toThrow(expect.objectContaining({ code: 'ERR_OCI_BAD_TAG' }))
    },
  )
})

describe('the nearest names', () => {
  const names = ['app:1.0', 'app:2.0', 'registry/app:1.0', 'other', 'application']
  test.each([
    ['app:1.1', ['app:1.0', 'app:2.0']],
    ['app', ['app:1.0', 'app:2.0', 'registry/app:1.0']],
    ['othre', []],
    ['othe', ['other']],
    ['nothing alike', []],
    ['', []],
    ['x'.repeat(100_000), []],
  ])('of %.20s', (text, expected) => {
    expect(nearestNames(text, names)).toEqual(expected)
  })
})
