import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { nodeHashing } from '@composefs/fsverity/node'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Decoder } from '../src/engine/decoder.ts'
import { createEngine } from '../src/engine/engine.ts'
import { ERROR_CODES } from '../src/engine/unzstd.ts'

const { decoders } = createEngine({ fallback: nodeHashing, choice: 'native' })

const formats = [
  { name: 'gzip', open: decoders.gzip, pack: gzipSync, unpack: gunzipSync },
  { name: 'zstd', open: decoders.zstd, pack: zstdCompressSync, unpack: zstdDecompressSync },
]

/** Bytes that compress a little: runs and noise. */
function sample(size: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length: size }, (_, i) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return i % 700 < 500 ? i >> 8 : state >> 16
  })
}

interface Cuts {
  readonly input: number
  readonly output: number
  readonly isShared?: boolean
}

/** What comes out of one member or frame. */
function unpackAll(decoder: Decoder, packed: Uint8Array, { input, output, isShared }: Cuts) {
  const pieces: Uint8Array[] = []
  let at = 0
  for (;;) {
    // Neighbours on both sides, which must stay as they are.
    const memory = isShared ? new SharedArrayBuffer(output + 20) : new ArrayBuffer(output + 20)
    const around = new Uint8Array(memory).fill(0xaa)
    const target = around.subarray(10, 10 + output)
    const step = decoder.step(packed.subarray(at, at + input), target)
    expect(around.subarray(0, 10).every(byte => byte === 0xaa)).toBe(true)
    expect(around.subarray(10 + output).every(byte => byte === 0xaa)).toBe(true)
    pieces.push(target.slice(0, step.written))
    at += step.read
    if (step.isEnd) return { unpacked: Buffer.concat(pieces), read: at }
    if (step.read === 0 && step.written === 0) throw new Error('no progress')
  }
}

describe.each(formats)('the native decoder of $name', ({ name, open, pack, unpack }) => {
  const create = () => open() as Decoder

  test('gives the same bytes wherever input and output end', () => {
    const decoder = create()
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 1, max: 9000 }),
        fc.boolean(),
        (size, input, output, isShared) => {
          const data = sample(size)
          const packed = pack(data)
          decoder.reset()
          const { unpacked, read } = unpackAll(decoder, packed, { input, output, isShared })
          expect(read).toBe(packed.length)
          expect(unpacked.equals(data)).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
    decoder.close()
  })

  test('goes byte by byte', () => {
    const decoder = create()
    const data = sample(300)
    const { unpacked } = unpackAll(decoder, pack(data), { input: 1, output: 1 })
    expect(unpacked.equals(data)).toBe(true)
    decoder.close()
  })

  test('leaves what is behind the end to the caller', () => {
    const decoder = create()
    const packed = pack(sample(5000))
    const more = Buffer.concat([packed, pack(sample(10))])
    expect(unpackAll(decoder, more, { input: more.length, output: 9000 }).read).toBe(packed.length)
    decoder.close()
  })

  test('goes on after an error', () => {
    const decoder = create()
    const data = sample(1000)
    expect(() => decoder.step(new Uint8Array(100).fill(1), new Uint8Array(1000))).toThrow()
    decoder.reset()
    expect(
      unpackAll(decoder, pack(data), { input: 5000, output: 5000 }).unpacked.equals(data),
    ).toBe(true)
    decoder.close()
  })

  test('of damaged data gives bytes, or the error that node:zlib gives', () => {
    const good = pack(sample(3000))
    const decoder = create()
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: 5000 }),
        (at, byte, output) => {
          const bad = Uint8Array.from(good)
          bad[at] = byte
          decoder.reset()
          const ours = attempt(() =>
            unpackAll(decoder, bad, { input: bad.length, output }).unpacked.toString('latin1'),
          )
          const theirs = attempt(() => unpack(bad).toString('latin1'))
          // What ends too early, or has something behind its end, is for the caller to see.
          if (ours.code === undefined) return
          // Which fault zstd finds first depends on how much it is given at once.
          if (name === 'zstd') expect(ours.code).toMatch(/^ZSTD_error_/)
          else expect(ours).toEqual(theirs)
        },
      ),
      { numRuns: 1000 },
    )
    decoder.close()
  })

  test('is of no use when it is closed', () => {
    const decoder = create()
    decoder.close()
    decoder.close()
    expect(() => decoder.step(new Uint8Array(1), new Uint8Array(1))).toThrow('closed')
    expect(() => decoder.reset()).toThrow('closed')
  })
})

function attempt(act: () => string): { code?: unknown; errno?: unknown; message?: string } {
  try {
    act()
    return {}
  } catch (error) {
    const { code, errno, message } = error as NodeJS.ErrnoException
    return { code, errno, message }
  }
}

test('the engine of node has no decoders of its own, and the hashes that it is given', () => {
  const engine = createEngine({ fallback: nodeHashing, choice: 'node' })
  expect(engine.hashing).toBe(nodeHashing)
  expect(engine.decoders.gzip()).toBeUndefined()
  expect(engine.decoders.zstd()).toBeUndefined()
})

test('the errors of zstd have the names that node:zlib gives them', () => {
  const names = constants as unknown as Readonly<Record<string, number>>
  for (const [number, name] of Object.entries(ERROR_CODES)) expect(names[name]).toBe(Number(number))
})
