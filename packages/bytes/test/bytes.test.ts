import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ByteArena,
  byteField,
  compareBytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  i64,
  parseHex,
  startsWith,
  struct,
  toHex,
  u8,
  u16,
  u32,
  u64,
} from '../src/index.ts'

describe('struct', () => {
  const Sample = struct(24, { a: u8, b: u8, c: u16, d: u32, e: u64, f: i64 })

  test('fields follow each other in little-endian order', () => {
    const bytes = new Uint8Array(25)
    const view = new DataView(bytes.buffer)
    const value = { a: 1, b: 2, c: 0x0403, d: 0x08070605, e: 2n ** 63n, f: -2n }
    Sample.write(view, 1, value)
    expect(toHex(bytes)).toBe(
      '00' + '0102' + '0304' + '05060708' + '0000000000000080' + 'feffffffffffffff',
    )
    expect(Sample.read(view, 1)).toEqual(value)
    expect(Sample.offsets).toEqual({ a: 0, b: 1, c: 2, d: 4, e: 8, f: 16 })
  })

  test('a size that the fields do not add up to is refused', () => {
    expect(() => struct(3, { a: u16 })).toThrow(RangeError)
  })

  test('a byte field pads with zeros, aliases when read, and refuses what is too long', () => {
    const bytes = new Uint8Array([9, 9, 9, 9])
    const view = new DataView(bytes.buffer)
    const field = byteField(3)
    field.set(view, 1, new Uint8Array([1]))
    expect([...bytes]).toEqual([9, 1, 0, 0])
    field.get(view, 1)[2] = 7
    expect(bytes[3]).toBe(7)
    expect(() => field.set(view, 0, new Uint8Array(4))).toThrow(RangeError)
  })
})

describe('hex', () => {
  test('any bytes come back, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(parseHex(toHex(bytes))).toEqual(bytes)
        expect(parseHex(toHex(bytes).toUpperCase())).toEqual(bytes)
      }),
    )
  })

  test.each(['0', '0g', ' 0', '0x', 'é0'])('%j is not hex', text => {
    expect(parseHex(text)).toBeUndefined()
  })
})

describe('byte strings', () => {
  test.each([
    ['', '', 0],
    ['', 'a', -1],
    ['a', 'ab', -1],
    ['b', 'ab', 1],
    ['\xff', 'z', 1],
  ])('%j against %j', (a, b, sign) => {
    const [left, right] = [Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')]
    expect(Math.sign(compareBytes(left, right))).toBe(sign)
    expect(equalBytes(left, right)).toBe(sign === 0)
  })

  test('prefix and concatenation', () => {
    const joined = concatBytes([encodeUtf8('ab'), new Uint8Array(0), encodeUtf8('c')])
    expect(joined).toEqual(encodeUtf8('abc'))
    expect(startsWith(joined, encodeUtf8('ab'))).toBe(true)
    expect(startsWith(joined, encodeUtf8('abcd'))).toBe(false)
  })

  test('new memory is what a Blob takes, for the compiler too', async () => {
    const parts: readonly (Uint8Array<ArrayBuffer> | undefined)[] = [
      encodeUtf8('a'),
      concatBytes([encodeUtf8('b')]),
      parseHex('63'),
    ]
    expect(await new Blob(parts.filter(part => part !== undefined)).text()).toBe('abc')
  })

  test('a byte order mark is text like any other, and bad UTF-8 is none', () => {
    expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa')
    expect(decodeUtf8(new Uint8Array([0xff]))).toBeUndefined()
  })
})

test('an arena keeps what was appended while it grows', () => {
  const arena = new ByteArena(1)
  const offsets = Array.from({ length: 1000 }, (_, i) => arena.append(encodeUtf8(`name-${i}`)))
  expect(decodeUtf8(arena.view(offsets[999] ?? 0, 8))).toBe('name-999')
  const copy = arena.copy(offsets[0] ?? 0, 6)
  arena.append(new Uint8Array(100_000))
  expect(decodeUtf8(copy)).toBe('name-0')
})
