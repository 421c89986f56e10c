import { zstdCompressSync } from 'node:zlib'
import { memorySource, type ZstdCodec } from '@composefs/splitstream'
import { nodeZstd } from '@composefs/splitstream/node'
import { describe, expect, test } from 'vitest'
import { engineZstd } from '../src/repository/engine-zstd.ts'

async function collect(codec: ZstdCodec, bytes: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  const range = { start: 0, end: bytes.length }
  for await (const piece of codec.decompress(memorySource(bytes), range)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const decompress = (bytes: Uint8Array) => collect(engineZstd, bytes)

/** Bytes that compress somewhat. */
const content = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => (i * i) >> 7))

describe('small frames', () => {
  test.each([0, 1, 100, 65_536, 131_072, 200_000])('of %i bytes', async size => {
    expect(await decompress(zstdCompressSync(content(size)))).toEqual(content(size))
  })

  test('one after the other', async () => {
    const frames = [3, 0, 70_000].map(size => zstdCompressSync(content(size)))
    const expected = Buffer.concat([3, 0, 70_000].map(content))
    expect(await decompress(Buffer.concat(frames))).toEqual(expected)
  })

  test('as a compressor of ours makes them', async () => {
    const compressor = engineZstd.createCompressor()
    compressor.write(content(1000))
    expect(await decompress(await compressor.finish())).toEqual(content(1000))
  })

  test('that are damaged anywhere are refused, or read, as node:zlib does', async () => {
    const frame = zstdCompressSync(Buffer.alloc(50_000, 'some words '))
    const verdicts = new Set<string>()
    for (let at = 0; at < frame.length; at++) {
      const damaged = Buffer.from(frame)
      damaged[at] = (damaged[at] as number) ^ 0xff
      const expected = await verdictOf(decompressByNode(damaged))
      expect(await verdictOf(decompress(damaged)), `byte ${at}`).toBe(expected)
      verdicts.add(expected)
    }
    expect(verdicts.size).toBeGreaterThan(2)
  })
})

const decompressByNode = (bytes: Uint8Array) => collect(nodeZstd, bytes)

/** The content, or that there is none. */
async function verdictOf(decompressed: Promise<Buffer>): Promise<string> {
  return await decompressed.then(
    bytes => bytes.toString('latin1'),
    error => (error as { code: string }).code,
  )
}
