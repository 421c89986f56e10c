import { randomBytes } from 'node:crypto'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { buildTar } from '@composefs/test-fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, type LayerPacker } from '../src/export/compress.ts'
import { evenPieces } from '../src/export/even-pieces.ts'

const PACKERS = [
  ['gzip', gunzipSync],
  ['zstd', zstdDecompressSync],
] as const

async function* cut(bytes: Uint8Array, sizes: readonly number[]) {
  let at = 0
  for (const size of sizes) {
    if (at >= bytes.length) break
    yield bytes.subarray(at, at + size)
    at += size
  }
  if (at < bytes.length) yield bytes.subarray(at)
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const gathered: Uint8Array[] = []
  for await (const piece of pieces) gathered.push(piece)
  return gathered
}

async function pack(packer: LayerPacker, bytes: Uint8Array, sizes: readonly number[] = []) {
  const packed = compress(cut(bytes, sizes), { packer, size: bytes.length })
  return Buffer.concat(await gather(packed))
}

describe.each(PACKERS)('a layer packed by %s', (packer, unpack) => {
  test.each([0, 1, 1000, 256 << 10, (256 << 10) + 1, 3_000_000])(
    'unpacks to the %i bytes that it was',
    async size => {
      const bytes = Buffer.alloc(size, 'some text that packs well, and some more; ')
      expect(unpack(await pack(packer, bytes)).equals(bytes)).toBe(true)
    },
  )

  test('does not depend on how it comes in', async () => {
    const bytes = await buildTar([
      { name: 'a', content: Buffer.alloc(700_000, 'abcdefg') },
      { name: 'b', content: Buffer.alloc(300_000, 'hijk') },
    ])
    const whole = await pack(packer, bytes)
    const size = fc.integer({ min: 1, max: 400_000 })
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 20 }), async sizes => {
        expect((await pack(packer, bytes, sizes)).equals(whole)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  test('passes on what goes wrong with the tar, and ends', async () => {
    const broken = new Error('broken')
    async function* tar() {
      yield new Uint8Array(300_000)
      throw broken
    }
    const packed = compress(tar(), { packer, size: 600_000 })
    await expect(gather(packed)).rejects.toBe(broken)
  })

  test('closes the tar when nobody wants the rest', async () => {
    let isClosed = false
    const noise = randomBytes(300_000)
    async function* tar() {
      try {
        for (;;) yield noise
      } finally {
        isClosed = true
      }
    }
    let pieces = 0
    for await (const _ of compress(tar(), { packer, size: 2 ** 40 })) if (++pieces === 3) break
    expect(isClosed).toBe(true)
  })
})

test('a gzip member tells neither time nor system', async () => {
  const packed = await pack('gzip', new Uint8Array(10))
  expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
})

test('a zstd frame tells the size of its content, and has a checksum', async () => {
  const packed = await pack('zstd', new Uint8Array(1000))
  const descriptor = packed[4] ?? 0
  expect(descriptor & 0x04).toBe(0x04)
  // One segment: a content size of two bytes, less 256.
  expect(descriptor & 0xe0).toBe(0x60)
  expect(packed.readUInt16LE(5) + 256).toBe(1000)
})

test('even pieces have one size but the last, and hold everything in order', async () => {
  const chunk = fc.uint8Array({ maxLength: 50 })
  await fc.assert(
    fc.asyncProperty(fc.array(chunk), fc.integer({ min: 1, max: 40 }), async (chunks, size) => {
      const pieces = await gather(evenPieces(chunks, size))
      expect(Buffer.concat(pieces)).toEqual(Buffer.concat(chunks))
      expect(pieces.slice(0, -1).every(piece => piece.length === size)).toBe(true)
      expect(pieces.every(({ length }) => length > 0 && length <= size)).toBe(true)
    }),
  )
})
