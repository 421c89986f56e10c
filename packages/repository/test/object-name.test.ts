import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readObjectName } from '../src/object-name.ts'

const digest = randomBytes(32)
const [directory, name] = [digest.toString('hex', 0, 1), digest.toString('hex', 1)]

describe('the digest in the names of an object', () => {
  test.each([32, 64])('of %i bytes', size => {
    for (const byte of [0, 9, 10, 0x9f, 0xff]) {
      const bytes = Buffer.alloc(size, byte)
      const read = new Uint8Array(size)
      const [first, rest] = [bytes.toString('hex', 0, 1), bytes.toString('hex', 1)]
      expect(readObjectName(first, rest, read)).toBe(true)
      expect(Buffer.from(read)).toEqual(bytes)
    }
  })

  test.each([
    ['a digit too few', name.slice(1)],
    ['a byte too many', `${name}00`],
    ['no digits', ''],
  ])('%s', (_, other) => {
    expect(readObjectName(directory, other, new Uint8Array(32))).toBe(false)
  })

  test('is in lower-case digits and in nothing else', () => {
    const taken = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).filter(
      digit =>
        [
          [digit + directory.slice(1), name],
          [directory.slice(0, 1) + digit, name],
          [directory, digit + name.slice(1)],
          [directory, name.slice(0, -1) + digit],
        ].some(([first = '', rest = '']) => readObjectName(first, rest, new Uint8Array(32))),
    )
    expect(taken.join('')).toBe('0123456789abcdef')
  })
})
