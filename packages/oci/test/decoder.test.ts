import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Compression } from '../src/decompress/detect.ts'
import { type DecoderOptions, openDecoder } from '../src/decompress/layer-decoder.ts'
import { isOciError } from '../src/index.ts'
import { inChunks } from './chunks.ts'
import { decoderEngines } from './decoder-engines.ts'

/** Bytes that compress a little: runs and noise. */
function sample(size: number, seed = 1): Buffer {
  let state = seed
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    bytes[i] = i % 700 < 500 ? i >> 8 : state >> 16
  }
  return bytes
}

const zstd = (data: Uint8Array) =>
  zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

const packers: readonly (readonly [Compression, (data: Uint8Array) => Buffer])[] = [
  ['gzip', gzipSync],
  ['zstd', zstd],
]

interface Reading extends DecoderOptions {
  readonly chunk?: number
  readonly target?: number
}

/** All that a blob decompresses to, by targets of one size. */
async function read(
  blob: Uint8Array | AsyncIterable<Uint8Array>,
  options: Reading,
): Promise<Buffer> {
  const chunks = blob instanceof Uint8Array ? inChunks(blob, options.chunk) : blob
  const decoder = openDecoder(chunks, options)
  const { target = 1 << 20 } = options
  const piece = new Uint8Array(new SharedArrayBuffer(target))
  const pieces: Uint8Array[] = []
  try {
    for (;;) {
      const size = await decoder.fill(piece)
      if (size === 0) break
      pieces.push(piece.slice(0, size))
    }
    expect(await decoder.fill(new Uint8Array(10))).toBe(0)
    return Buffer.concat(pieces)
  } finally {
    await decoder.close()
  }
}

/** What came of it: bytes, or all that is told about what is wrong. */
async function outcome(reading: Promise<Buffer>): Promise<unknown> {
  try {
    return (await reading).toString('latin1')
  } catch (error) {
    if (!isOciError(error)) throw error
    const { code, message, facts } = error
    return { code, message, facts }
  }
}

const sizes = fc.record({
  chunk: fc.integer({ min: 1, max: 5000 }),
  target: fc.integer({ min: 1, max: 20_000 }),
})

describe.each(packers)('both engines, %s', (compression, pack) => {
  const readBoth = async (blob: Uint8Array, reading: Omit<Reading, 'compression' | 'decoders'>) => {
    const outcomes: unknown[] = []
    for (const [, decoders] of decoderEngines) {
      outcomes.push(await outcome(read(blob, { ...reading, compression, decoders })))
    }
    return outcomes
  }

  test('give the same bytes, whatever the members or frames, chunks and targets', async () => {
    const contents = fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(contents, sizes, async (lengths, reading) => {
        const parts = lengths.map((length, i) => sample(length, i + 1))
        const blob = Buffer.concat(parts.map(pack))
        const expected = Buffer.concat(parts).toString('latin1')
        expect(await readBoth(blob, reading)).toEqual([expected, expected])
      }),
      { numRuns: 40 },
    )
  })

  test('see the same faults at the same place', async () => {
    const good = Buffer.concat([pack(sample(3000)), pack(sample(10)), pack(sample(2000))])
    const damage = fc.record({
      at: fc.nat(good.length - 1),
      byte: fc.nat(255),
      end: fc.nat(2 * good.length),
      behind: fc.constantFrom('', '', '\0', '\0'.repeat(300), '\0\0x'),
    })
    await fc.assert(
      fc.asyncProperty(
        damage,
        fc.integer({ min: 1, max: 4000 }),
        async ({ at, byte, end, behind }, chunk) => {
          const bad = Buffer.concat([good, Buffer.from(behind)]).subarray(0, end || undefined)
          if (at < bad.length) bad[at] = byte
          const [native, node] = await readBoth(bad, { chunk })
          expect(told(native)).toEqual(told(node))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a MiB of output is where nothing is lost', async () => {
    for (const size of [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20]) {
      const data = sample(size)
      const blob = Buffer.concat([pack(data), pack(Buffer.alloc(0)), pack(data)])
      for (const outcome of await readBoth(blob, { chunk: 1 << 22 })) {
        expect(outcome === data.toString('latin1').repeat(2)).toBe(true)
      }
    }
  })
})

/** Which of several faults in one frame zstd finds first depends on how much it is given at once. */
function told(outcome: unknown): unknown {
  if (typeof outcome === 'string') return outcome
  const { message, ...rest } = outcome as { message: string }
  return { ...rest, message: message.replace(/^(corrupt zstd data) \(.*/, '$1') }
}

describe.each(decoderEngines)('with the engine %s', (_, decoders) => {
  test('thousands of tiny members, as eStargz has them, are one stream', async () => {
    const member = gzipSync(Buffer.from('tiny'))
    const blob = Buffer.concat(Array.from({ length: 20_000 }, () => member))
    expect((await read(blob, { compression: 'gzip', decoders })).toString()).toBe(
      'tiny'.repeat(20_000),
    )
  })

  test('thousands of tiny frames, as zstd:chunked has them, are one stream', async () => {
    const frame = zstd(Buffer.from('tiny'))
    const skippable = Buffer.from('502a4d1804000000feedbeef', 'hex')
    const blob = Buffer.concat(Array.from({ length: 5000 }, () => [frame, skippable]).flat())
    expect((await read(blob, { compression: 'zstd', decoders })).toString()).toBe(
      'tiny'.repeat(5000),
    )
  })

  test.each([
    ['zeros are filling', Buffer.alloc(70_000), undefined],
    ['zeros and something', Buffer.from('\0\0\0x'), ['ERR_OCI_COMPRESSION_TRAILING_DATA', 3]],
    ['something', Buffer.from('x\0\0\0'), ['ERR_OCI_COMPRESSION_TRAILING_DATA', undefined]],
    ['half a header', Buffer.from('1f8b08', 'hex'), ['ERR_OCI_COMPRESSION_TRUNCATED', undefined]],
  ] as const)('behind the last member: %s', async (_, behind, expected) => {
    const packed = gzipSync(sample(1000))
    for (const chunk of [1, 7, packed.length, 100_000]) {
      const blob = Buffer.concat([packed, behind])
      const result = (await outcome(read(blob, { compression: 'gzip', decoders, chunk }))) as {
        code?: string
        facts?: { offset?: number }
      }
      expect(result.code).toBe(expected?.[0])
      if (expected?.[1] === undefined) continue
      expect(result.facts?.offset).toBe(packed.length + expected[1])
    }
  })

  test.each([
    ['gzip', gzipSync],
    ['none', Buffer.from],
  ] as const)(
    'what a blob of %s holds is there before the rest comes',
    async (compression, pack) => {
      const data = sample(4000)
      const more = Promise.withResolvers<void>()
      const decoder = openDecoder(slowly(pack(data), more.promise), { compression, decoders })
      const target = new Uint8Array(1 << 20)
      const size = await decoder.fill(target)
      expect(size).toBeGreaterThan(1000)
      more.resolve()
      expect(await decoder.fill(target.subarray(size))).toBe(data.length - size)
      expect(Buffer.compare(target.subarray(0, data.length), data)).toBe(0)
      expect(await decoder.fill(target)).toBe(0)
      await decoder.close()
    },
  )

  test.each(packers)('an error of %s comes again', async (compression, pack) => {
    const blob = pack(sample(5000))
    const decoder = openDecoder(inChunks(blob.subarray(0, -1)), { compression, decoders })
    const truncated = expect.objectContaining({ code: 'ERR_OCI_COMPRESSION_TRUNCATED' })
    const fill = async () => {
      while ((await decoder.fill(new Uint8Array(10_000))) > 0);
    }
    await expect(fill()).rejects.toThrow(truncated)
    await expect(fill()).rejects.toThrow(truncated)
    await decoder.close()
  })

  test.each([...packers, ['none', Buffer.from] as const])(
    'a blob of %s is closed, begun or not, and its errors pass through',
    async (compression, pack) => {
      for (const fills of [0, 1]) {
        let isClosed = false
        const blob = pack(sample(50_000))
        const decoder = openDecoder(
          closing(inChunks(blob, 1000), () => {
            isClosed = true
          }),
          { compression, decoders },
        )
        for (let i = 0; i < fills; i++) await decoder.fill(new Uint8Array(100))
        await decoder.close()
        expect(isClosed).toBe(true)
      }
      const failing = read(failure(), { compression, decoders })
      await expect(failing).rejects.toThrow('the wire')
    },
  )
})

test('what is not compressed is copied', async () => {
  const data = sample(10_000)
  for (const chunk of [1, 999, 20_000]) {
    for (const target of [1, 1000, 9999, 10_000, 10_001]) {
      if (chunk + target < 100) continue
      expect((await read(data, { compression: 'none', chunk, target })).equals(data)).toBe(true)
    }
  }
})

/** The same chunks; tells when whoever reads them is done with them. */
function closing(
  chunks: AsyncGenerator<Uint8Array>,
  onClose: () => void,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => chunks.next(),
      async return() {
        onClose()
        return await chunks.return(undefined)
      },
    }),
  }
}

/** The blob, whose second half has to be waited for. */
async function* slowly(blob: Uint8Array, more: Promise<void>): AsyncGenerator<Uint8Array> {
  yield blob.subarray(0, blob.length >> 1)
  await more
  yield blob.subarray(blob.length >> 1)
}

async function* failure(): AsyncGenerator<Uint8Array> {
  yield gzipSync('').subarray(0, 3)
  throw new Error('the wire')
}
