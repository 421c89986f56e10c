import { describe, expect, test } from 'vitest'
import { trimmed } from '../src/boot/selinux/policy-text.ts'

describe('white space around a text', () => {
  test.each([
    ['', ''],
    [' \t\r', ''],
    ['targeted', 'targeted'],
    ['\u00a0 a b \u3000\u2029', 'a b'],
    // Not among what separates fields here, though \s has it.
    ['\ufeffa\ufeff', '\ufeffa\ufeff'],
  ])('%j', (text, expected) => {
    expect(trimmed(text)).toBe(expected)
  })

  test('costs no more where there is much of it inside', () => {
    // The square of this many steps would take an hour.
    const text = `a${' '.repeat(4 << 20)}b`
    expect(trimmed(text)).toBe(text)
  })
})
