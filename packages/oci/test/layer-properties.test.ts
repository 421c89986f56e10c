import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decompress } from '../src/decompress/decompress.ts'
import { isOciError } from '../src/index.ts'
import { importLayer } from '../src/layer/import-layer.ts'
import { collect, inChunks } from './chunks.ts'
import { decoderEngines } from './decoder-engines.ts'
import { listLayer, memoryRepository } from './memory-repository.ts'
import { joinSplit, sha256, splitInMemory } from './split-in-memory.ts'
import { END, rawEntry } from './tar-blocks.ts'
import { readTarVector, tarVectors } from './tar-vectors.ts'

const accepted = tarVectors.filter(({ layer }) => layer.verdict === 'accept').map(readTarVector)

/** A file that is put together in memory when chunks cut it, and one that goes to the store in pieces. */
const large = Buffer.concat([
  rawEntry({ name: 'medium' }, Buffer.alloc(70_000, 'medium ')),
  rawEntry({ name: 'large' }, Buffer.alloc(600_001, 'large ')),
  END,
])

/** Cuts at up to ten places. */
function cut(data: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places.map(place => place % (data.length + 1)).toSorted((a, b) => a - b)
  return [...ends, data.length].map((end, i) => data.subarray(ends[i - 1] ?? 0, end))
}

const places = fc.array(fc.nat(), { maxLength: 10 })

describe('splitting', () => {
  test('does not depend on the chunks', () => {
    fc.assert(
      fc.property(fc.constantFrom(...accepted, large), places, (tar, at) => {
        const whole = splitInMemory([tar])
        const pieces = splitInMemory(cut(tar, at))
        expect(pieces.lines).toEqual(whole.lines)
        expect(pieces.entries.map(entry => entry.offset)).toEqual(
          whole.entries.map(entry => entry.offset),
        )
        expect(sizes(pieces)).toEqual(sizes(whole))
        expect(sha256(joinSplit(pieces))).toBe(sha256(tar))
      }),
      { numRuns: 300 },
    )
  })

  test('goes byte by byte too', () => {
    for (const tar of accepted.filter(({ length }) => length < 20_000)) {
      const split = splitInMemory(Array.from(tar, (_, at) => tar.subarray(at, at + 1)))
      expect(split.lines).toEqual(splitInMemory([tar]).lines)
      expect(sha256(joinSplit(split))).toBe(sha256(tar))
    }
  })

  test('of damaged tars gives their bytes back, or an error of ours', () => {
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...tarVectors.map(readTarVector)),
        damage,
        fc.nat(),
        fc.boolean(),
        (tar, bytes, end, isCut) => {
          const bad = tar.slice(0, isCut ? end % (tar.length + 1) : tar.length)
          for (const { at, byte } of bytes) if (bad.length > 0) bad[at % bad.length] = byte
          repairChecksums(bad)
          expectValueOrError(() => {
            const split = splitInMemory([bad])
            expect(sha256(joinSplit(split))).toBe(sha256(bad))
          })
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('a stored layer', () => {
  test('has the entries that the import saw', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...accepted, large),
        fc.integer({ min: 1, max: 9000 }),
        async (tar, size) => {
          const repository = memoryRepository()
          const diffId = sha256(tar)
          const { stream, size: total } = await importLayer(inChunks(tar, size), {
            repository,
            expected: { diffId, blobDigest: diffId, blobSize: tar.length },
            compression: 'none',
          })
          expect(total).toBe(tar.length)
          const { lines } = await listLayer(await repository.openLayer(stream), repository)
          expect(lines).toEqual(splitInMemory([tar]).lines)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe.each(decoderEngines)('decompression with the engine %s', (_, decoders) => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .record({ size: fc.nat(400_000), byte: fc.nat(255) })
      .map(({ size, byte }) => Buffer.alloc(size, byte)),
    fc.constant(large),
  )
  /** Frames that hold nothing, of sizes around what is gathered at once. */
  const skippable = fc.uint8Array({ maxLength: 40 }).map(data => {
    const head = Buffer.alloc(8)
    head.writeUInt32LE(0x184d2a50 + (data.length & 15), 0)
    head.writeUInt32LE(data.length, 4)
    return Buffer.concat([head, data])
  })
  const part = fc.oneof(
    { weight: 4, arbitrary: fc.record({ content }) },
    { weight: 1, arbitrary: fc.record({ skippable }) },
  )

  test.each([
    ['gzip members', gzipSync],
    ['zstd frames', zstdCompressSync],
  ])('joins %s, however they are cut', async (_, compress) => {
    const isZstd = compress === zstdCompressSync
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        places,
        async (parts, at) => {
          const used = parts.filter(p => isZstd || 'content' in p)
          const blob = Buffer.concat(
            used.map(p => ('content' in p ? compress(p.content) : p.skippable)),
          )
          const expected = Buffer.concat(used.map(p => ('content' in p ? p.content : Buffer.of())))
          if (blob.length === 0) return
          const actual = await collect(decompress(stream(cut(blob, at)), { decoders }))
          expect(Buffer.compare(actual, expected)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('of damaged blobs ends in the right bytes or an error of ours', async () => {
    const blobs = [gzipSync, zstdCompressSync, brotliCompressSync].flatMap(compress => {
      const [one, two] = [compress(large.subarray(0, 5000)), compress(Buffer.alloc(3000, 'two'))]
      return [one, Buffer.concat([one, two])]
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...blobs),
        fc.nat(),
        fc.nat(255),
        fc.nat(),
        async (blob, at, byte, end) => {
          const bad = blob
            .subarray(0, end % 3 === 0 ? end % (blob.length + 1) : blob.length)
            .slice()
          if (bad.length > 0) bad[at % bad.length] = byte
          try {
            const { length } = await collect(decompress(stream(cut(bad, [at, end])), { decoders }))
            expect(length).toBeLessThan(1 << 20)
          } catch (error) {
            if (!isOciError(error)) throw error
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

function sizes({ parts }: ReturnType<typeof splitInMemory>): number[] {
  return parts.map(part => (part instanceof Uint8Array ? part.length : -part.size))
}

/** Gives every block that looks like a header a right checksum, so that damage reaches what lies behind the check. */
function repairChecksums(tar: Uint8Array): void {
  for (let at = 0; at + 512 <= tar.length; at += 512) {
    const block = tar.subarray(at, at + 512)
    if (Buffer.from(block.subarray(257, 262)).toString('latin1') !== 'ustar') continue
    block.fill(0x20, 148, 156)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  }
}

function expectValueOrError(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!isOciError(error)) throw error
  }
}

async function* stream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks
}
