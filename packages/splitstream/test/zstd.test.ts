import { randomBytes } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { concatBytes, equalBytes, parseHex } from '@composefs/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, memorySource, zstdFrames } from '../src/index.ts'
import { nodeZstd } from '../src/node.ts'

const LARGE = new Uint8Array(randomBytes(300_000))
const EMPTY_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00)

function frame(content: Uint8Array, params: Record<number, number> = {}): Uint8Array {
  return new Uint8Array(zstdCompressSync(content, { params }))
}

/** A skippable frame with `length` bytes in it, of the kind `low`. */
function skippable(low: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8 + length).fill(0x28)
  new DataView(bytes.buffer).setUint32(0, 0x184d2a50 + low, true)
  new DataView(bytes.buffer).setUint32(4, length, true)
  return bytes
}

/** A frame of one empty raw block with the given bytes between magic and block. */
function emptyFrame(...head: number[]): Uint8Array {
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...head, 0x01, 0x00, 0x00)
}

function withByte(bytes: Uint8Array, at: number, change: number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = (changed[at] as number) ^ change
  return changed
}

async function decompress(bytes: Uint8Array): Promise<{ content: Uint8Array; error: unknown }> {
  const pieces: Uint8Array[] = []
  let error: unknown
  try {
    const range = { start: 0, end: bytes.length }
    for await (const piece of nodeZstd.decompress(memorySource(bytes), range)) pieces.push(piece)
  } catch (thrown) {
    error = thrown
  }
  return { content: concatBytes(pieces), error }
}

const hex = (text: string) => parseHex(text.replaceAll(' ', '')) as Uint8Array

const hello = new TextEncoder().encode('hello')

describe('decompressing', () => {
  test.each([
    ['nothing', [], []],
    ['an empty frame', [EMPTY_FRAME], []],
    ['two frames', [frame(hello), frame(hello)], [hello, hello]],
    ['frames beyond the size done in place', [frame(LARGE), frame(LARGE)], [LARGE, LARGE]],
    ['skippable frames alone', [skippable(0, 0), skippable(15, 9000)], []],
    ['skippable frames between', [skippable(3, 4), frame(hello), skippable(4, 5)], [hello]],
    ['a checksum', [frame(hello, { [constants.ZSTD_c_checksumFlag]: 1 })], [hello]],
    ['another level', [frame(LARGE, { [constants.ZSTD_c_compressionLevel]: 19 })], [LARGE]],
    ['a frame with dictionary id 0', [emptyFrame(0x01, 0x00, 0x00)], []],
    ['a window of 128 MiB', [emptyFrame(0x00, 0x88)], []],
  ])('%s', async (_, parts, contents) => {
    const { content, error } = await decompress(concatBytes(parts))
    expect(error).toBeUndefined()
    expect(equalBytes(content, concatBytes(contents))).toBe(true)
  })

  test.each([
    ['text', [hello], 0],
    ['three bytes', [hello.subarray(0, 3)], 0],
    ['a byte behind a frame', [frame(hello), Uint8Array.of(0)], 5],
    ['a byte behind a large frame', [frame(LARGE), Uint8Array.of(0)], LARGE.length],
    ['a frame cut off', [frame(hello).subarray(0, -1)], 0],
    ['a second frame cut off', [frame(hello), frame(LARGE).subarray(0, -1)], 5],
    ['a frame without blocks', [EMPTY_FRAME.subarray(0, 6)], 0],
    ['a skippable frame cut off', [frame(hello), skippable(0, 9).subarray(0, -1)], 5],
    ['a skippable frame of 4 GiB', [Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255)], 0],
    [
      'a wrong checksum',
      [withByte(frame(hello, { [constants.ZSTD_c_checksumFlag]: 1 }), 17, 1)],
      0,
    ],
    ['a reserved flag', [emptyFrame(0x08, 0x00)], 0],
    ['a reserved block', [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00, 0x07, 0x00, 0x00)], 0],
    ['a dictionary', [emptyFrame(0x01, 0x00, 0x01)], 0],
    ['a window above 128 MiB', [emptyFrame(0x00, 0x89)], 0],
    ['a content size that is such a window', [emptyFrame(0xa0, 0x01, 0x00, 0x00, 0x08)], 0],
    ['a content size that is not kept', [emptyFrame(0x20, 0x01)], 0],
    // Each is accepted by libzstd or refused, by how much of it is given to it at once.
    ['a block above the window', [hex('28b52ffd4000d006 833e0041')], 0],
    ['a packed byte above the window', [hex('28b52ffd2000 03000041')], 0],
    ['a size that is not kept before an empty block', [hex('28b52ffd2006 2a000041 010000')], 0],
  ])('refuses %s', async (_, parts, before) => {
    const { content, error } = await decompress(concatBytes(parts))
    expect(error).toMatchObject({ name: 'SplitstreamError', code: 'ERR_SPLITSTREAM_BAD_ZSTD' })
    expect(content.length).toBe(before)
  })

  test('refuses a broken block of a large frame', async () => {
    const compressible = concatBytes(Array.from({ length: 300 }, () => LARGE.subarray(0, 1999)))
    const bytes = frame(compressible)
    // The first block's head, its literals and their sizes.
    const { error } = await decompress(withByte(bytes, 12, 0xff))
    expect(error).toMatchObject({ code: 'ERR_SPLITSTREAM_BAD_ZSTD' })
  })

  test('leaves errors of the source as they are', async () => {
    const bytes = frame(LARGE)
    const failing: ByteSource = {
      size: bytes.length,
      read(offset, length) {
        if (offset > 200_000) throw new Error('disk')
        return bytes.subarray(offset, offset + length)
      },
    }
    const read = async (): Promise<void> => {
      const range = { start: 0, end: bytes.length }
      for await (const piece of nodeZstd.decompress(failing, range)) void piece
    }
    await expect(read()).rejects.toThrow('disk')
  })

  test('stops reading when it is left', async () => {
    const bytes = frame(new Uint8Array(randomBytes(4_000_000)))
    let end = 0
    const source: ByteSource = {
      size: bytes.length,
      read(offset, length) {
        // The walk over the block heads reads less at a time.
        if (length > 4096) end = offset + length
        return bytes.subarray(offset, offset + length)
      },
    }
    const range = { start: 0, end: bytes.length }
    for await (const piece of nodeZstd.decompress(source, range)) {
      expect(piece.length).toBeLessThanOrEqual(64 * 1024)
      break
    }
    expect(end).toBeLessThan(bytes.length / 2)
  })
})

test('many small frames let other work have its turn', async () => {
  const bytes = concatBytes(Array.from({ length: 600 }, () => EMPTY_FRAME))
  let turns = 0
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  const { content, error } = await decompress(bytes)
  clearImmediate(next)
  expect({ size: content.length, error }).toEqual({ size: 0, error: undefined })
  expect(turns).toBeGreaterThanOrEqual(2)
})

describe('compressing', () => {
  test('does not depend on how the data is cut', async () => {
    const content = concatBytes([LARGE, new Uint8Array(200_000), LARGE])
    const compress = async (step: number): Promise<Uint8Array> => {
      const compressor = nodeZstd.createCompressor()
      for (let at = 0; at < content.length; at += step) {
        compressor.write(content.subarray(at, at + step))
        await compressor.drain()
      }
      return await compressor.finish()
    }
    const [whole, ...cut] = await Promise.all([content.length, 128 * 1024, 999].map(compress))
    for (const other of cut) expect(equalBytes(other, whole as Uint8Array)).toBe(true)
    expect(equalBytes((await decompress(whole as Uint8Array)).content, content)).toBe(true)
  })

  test('announces neither size nor checksum', async () => {
    const compressor = nodeZstd.createCompressor()
    compressor.write(hello)
    // Descriptor 0, window of 2 MiB.
    expect([...(await compressor.finish()).subarray(4, 6)]).toEqual([0, 0x58])
  })
})

test('the walk finds the borders of all frames', () => {
  const content = fc.uint8Array({ maxLength: 3000 })
  fc.assert(
    fc.property(fc.array(content, { maxLength: 5 }), contents => {
      const frames = contents.map(content => frame(content))
      const source = memorySource(concatBytes([...frames, skippable(1, 3)]))
      const found = [...zstdFrames(source, { start: 0, end: source.size })]
      expect(found.map(({ start, end }) => end - start)).toEqual(frames.map(({ length }) => length))
      for (const [index, { contentMax }] of found.entries()) {
        expect(contentMax).toBeGreaterThanOrEqual(contents[index]?.length ?? 0)
      }
    }),
  )
})
