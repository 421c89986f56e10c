import { encodeUtf8 } from '@composefs/bytes'
import { describe, expect, test } from 'vitest'
import { filterBit } from '../src/xattr-name.ts'
import { xxh32 } from '../src/xxh32.ts'

describe('xxh32', () => {
  test.each([
    ['', 0, 0x02cc5d05],
    ['a', 0, 0x550d7456],
    ['abc', 0, 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
  ])('of %j with seed %i', (text, seed, hash) => {
    expect(xxh32(encodeUtf8(text), seed)).toBe(hash)
  })

  test('of a part is that of its copy', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i * 37)
    for (let end = 3; end <= bytes.length; end++) {
      expect(xxh32(bytes, 7, 3, end)).toBe(xxh32(bytes.slice(3, end), 7))
    }
  })

  test('selects the bit of the format page', () => {
    expect(filterBit(4, encodeUtf8('overlay.opaque'))).toBe(20)
  })
})
