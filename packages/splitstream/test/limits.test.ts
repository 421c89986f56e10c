import { concatBytes, encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import {
  type ByteSource,
  CONTENT_TYPES,
  memorySource,
  openSplitstream,
  type SplitstreamReader,
  SplitstreamWriter,
  type ZstdCodec,
} from '../src/index.ts'
import { nodeZstd } from '../src/node.ts'

const digest = new Digest(SHA256, new Uint8Array(32).fill(7))

/** A stream of one inline byte and one name, whose sections decompress to what is given. */
async function openWith(
  sections: { names?: () => Iterable<Uint8Array>; stream?: () => Iterable<Uint8Array> },
  size?: bigint,
): Promise<SplitstreamReader> {
  const writer = new SplitstreamWriter({
    algorithm: SHA256,
    contentType: CONTENT_TYPES.none,
    zstd: nodeZstd,
  })
  writer.addNamedReference('name', digest)
  writer.writeInline(Uint8Array.of(1))
  const file = await writer.finish()
  if (size !== undefined) new DataView(file.buffer).setBigUint64(104, size, true)
  const zstd: ZstdCodec = {
    createCompressor: () => nodeZstd.createCompressor(),
    async *decompress(source, range) {
      const pieces = range.end === source.size ? sections.stream : sections.names
      if (pieces === undefined) yield* nodeZstd.decompress(source, range)
      else yield* pieces()
    },
  }
  return openSplitstream(memorySource(file), { algorithm: SHA256, zstd })
}

/** One record after the other, many in a piece. */
function* records(count: number): Generator<Uint8Array> {
  for (let at = 0; at < count; at += 1000) {
    const names = Array.from({ length: Math.min(1000, count - at) }, (_, i) => `0:${at + i}\0`)
    yield encodeUtf8(names.join(''))
  }
}

function* repeated(piece: Uint8Array): Generator<Uint8Array> {
  for (;;) yield piece
}

describe('references', () => {
  /** A stream whose object references end behind `size` bytes, in a file of a terabyte. */
  async function claim(size: bigint): Promise<{ readonly largestRead: number }> {
    const writer = new SplitstreamWriter({
      algorithm: SHA256,
      contentType: CONTENT_TYPES.none,
      zstd: nodeZstd,
    })
    writer.writeInline(Uint8Array.of(1))
    const file = await writer.finish()
    const view = new DataView(file.buffer)
    view.setBigUint64(56, view.getBigUint64(48, true) + size, true)
    let largestRead = 0
    const source: ByteSource = {
      size: 2 ** 40,
      read(offset, length) {
        largestRead = Math.max(largestRead, length)
        const bytes = new Uint8Array(length)
        bytes.set(file.subarray(offset, offset + length))
        return bytes
      },
    }
    await expect(openSplitstream(source, { algorithm: SHA256, zstd: nodeZstd })).rejects.toThrow(
      'references of more than 134217728 bytes',
    )
    return { largestRead }
  }

  test('of gigabytes are not read', async () => {
    expect((await claim(2n ** 27n + 32n)).largestRead).toBeLessThan(200)
    expect((await claim(2n ** 39n)).largestRead).toBeLessThan(200)
  })
})

describe('named references', () => {
  test('as many as an image of 131072 layers has, and no more', async () => {
    const { namedReferences } = await openWith({ names: () => records(2 ** 17) })
    expect(namedReferences.size).toBe(2 ** 17)
    await expect(openWith({ names: () => records(2 ** 17 + 1) })).rejects.toMatchObject({
      code: 'ERR_SPLITSTREAM_TOO_LARGE',
    })
  })

  test('in pieces of any size', async () => {
    const bytes = concatBytes([...records(30), encodeUtf8(`000:${'n'.repeat(2000)}\0`)])
    for (const size of [1, 2, 3, 7, 2000]) {
      const { namedReferences } = await openWith({
        *names() {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
        },
      })
      expect(namedReferences.size).toBe(31)
      expect([...namedReferences.keys()].at(-1)?.length).toBe(2000)
    }
  })

  test.each([
    ['that never end', () => repeated(new Uint8Array(64 * 1024).fill(0x61)), 'TOO_LARGE'],
    ['of one name again and again', () => repeated(encodeUtf8('0:a\0'.repeat(999))), 'TOO_LARGE'],
    ['without end', () => [encodeUtf8('0:a')], 'BAD_NAMED_REFERENCE'],
    ['of nothing but ends', () => [new Uint8Array(9)], 'BAD_NAMED_REFERENCE'],
  ])('%s', async (_, names, code) => {
    await expect(openWith({ names })).rejects.toMatchObject({ code: `ERR_SPLITSTREAM_${code}` })
  })

  test('that no reader would take are not written', () => {
    const writer = new SplitstreamWriter({
      algorithm: SHA256,
      contentType: CONTENT_TYPES.none,
      zstd: nodeZstd,
    })
    for (let i = 0; i < 2 ** 17; i++) writer.addNamedReference(String(i), digest)
    const tooLarge = expect.objectContaining({ code: 'ERR_SPLITSTREAM_TOO_LARGE' })
    expect(() => writer.addNamedReference('another', digest)).toThrow(tooLarge)
    writer.addNamedReference('1', digest)
    expect(() => writer.addNamedReference('n'.repeat(5000), digest)).toThrow(tooLarge)
    writer.abort()
  })
})

describe('a stream that decompresses to more than any real one', () => {
  const zeros = new Uint8Array(4 * 2 ** 20)

  test('is refused when it is read', async () => {
    const head = new Uint8Array(8)
    new DataView(head.buffer).setBigInt64(0, -(2n ** 50n), true)
    const stream = await openWith(
      {
        *stream() {
          yield head
          yield* repeated(zeros)
        },
      },
      2n ** 51n,
    )
    const read = async (): Promise<void> => {
      for await (const chunk of stream.chunks()) void chunk
    }
    await expect(read()).rejects.toMatchObject({ code: 'ERR_SPLITSTREAM_TOO_LARGE' })
  })

  test('is not written', async () => {
    // A compressor that keeps nothing: what is wrong is known from the counts.
    const compressor = {
      write() {},
      compressedSize: 10,
      drain: async () => {},
      finish: async () => new Uint8Array(10),
      abort() {},
    }
    const zstd: ZstdCodec = { ...nodeZstd, createCompressor: () => compressor }
    const writer = new SplitstreamWriter({
      algorithm: SHA256,
      contentType: CONTENT_TYPES.none,
      zstd,
    })
    const write = async (): Promise<void> => {
      for (let i = 0; i <= 256; i++) {
        for (let part = 0; part < 16; part++) writer.writeInline(zeros)
        writer.allowBreak()
        await writer.drain()
      }
    }
    await expect(write()).rejects.toMatchObject({ code: 'ERR_SPLITSTREAM_TOO_LARGE' })
  })
})
