import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeImage, isErofsError, openImage, visitObjects } from '../src/index.ts'
import { PagedBytes } from '../src/paged-bytes.ts'

/** An image in memory as one that is read as it is needed; `reads` counts its pieces. */
function sourceOf(bytes: Uint8Array) {
  const source = {
    size: bytes.length,
    reads: 0,
    fill(target: Uint8Array, offset: number) {
      source.reads++
      target.set(bytes.subarray(offset, offset + target.length))
    },
  }
  return source
}

/** What an image needs, or what is wrong with it. */
function outcome(read: () => Iterable<Uint8Array>): string[] {
  try {
    return [...new Set(Array.from(read(), bytes => Buffer.from(bytes).toString('hex')))].sort()
  } catch (error) {
    if (!isErofsError(error)) throw error
    return [error.code, error.message]
  }
}

const whole = (bytes: Uint8Array) =>
  outcome(() =>
    openImage(bytes, { algorithm: SHA256 })
      .objects()
      .map(digest => digest.bytes),
  )

const visited = (bytes: Uint8Array, wholeSize?: number) =>
  outcome(() => {
    const found: Uint8Array[] = []
    const visit = (digest: Uint8Array) => void found.push(digest.slice())
    const options = { algorithm: SHA256, visit }
    visitObjects(sourceOf(bytes), wholeSize === undefined ? options : { ...options, wholeSize })
    return found
  })

const paged = (bytes: Uint8Array) => visited(bytes, -1)

/** A tree of directories, each with files in objects, some objects twice, and long names across pages. */
function manyFiles(count: number): FileTree {
  const tree = new FileTree(SHA256)
  const metadata = tree.metadata(ROOT)
  let directory = ROOT
  for (let i = 0; i < count; i++) {
    if (i % 100 === 0) directory = tree.addDirectory(ROOT, encodeUtf8(`d${i}`), metadata)
    const bytes = new Uint8Array(32)
    new DataView(bytes.buffer).setUint32(0, i % 3 === 0 ? 0 : i)
    const content = { kind: 'external', digest: new Digest(SHA256, bytes), size: 100 } as const
    tree.addLeaf(directory, encodeUtf8(`${'n'.repeat(i % 200)}${i}`), metadata, content)
  }
  return tree
}

describe.each([0, 1, 2] as const)(
  'the objects of an image of version %i, read by pages',
  version => {
    test.each([0, 1, 3000])('are those of the image in memory: %i files', count => {
      const bytes = encodeImage(manyFiles(count), { version })
      const objects = paged(bytes)
      expect(objects).toEqual(whole(bytes))
      expect(visited(bytes)).toEqual(objects)
      expect(objects).toHaveLength(count - Math.max(Math.ceil(count / 3) - 1, 0))
    })

    test('are, or are not, those of the image in memory when it is spoilt', () => {
      const bytes = encodeImage(manyFiles(200), { version })
      const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) })
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
          const spoilt = bytes.slice()
          for (const { at, to } of changes) spoilt[at] = to
          expect(paged(spoilt)).toEqual(whole(spoilt))
        }),
      )
    })

    test('of one that is cut', () => {
      const bytes = encodeImage(manyFiles(50), { version })
      for (const size of [0, 1, 1023, 1024, 4096, bytes.length - 1]) {
        const cut = bytes.slice(0, size)
        expect(paged(cut)).toEqual(whole(cut))
        expect(visited(cut)).toEqual(whole(cut))
      }
    })
  },
)

describe('bytes that are read by pages', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) ^ (i >> 8))
  const view = new DataView(bytes.buffer)

  test('are those of the source, wherever a page ends', () => {
    const pages = new PagedBytes(sourceOf(bytes))
    const place = fc.nat(bytes.length - 8)
    fc.assert(
      fc.property(place, fc.nat(40_000), (at, length) => {
        expect(pages.getUint8(at)).toBe(view.getUint8(at))
        expect(pages.getUint16(at, true)).toBe(view.getUint16(at, true))
        expect(pages.getUint32(at, true)).toBe(view.getUint32(at, true))
        expect(pages.getBigInt64(at, true)).toBe(view.getBigInt64(at, true))
        expect(pages.subarray(at, at + length)).toEqual(bytes.subarray(at, at + length))
      }),
    )
    for (const at of [16_383, 16_382, 16_380, 32_765]) {
      expect(pages.getBigInt64(at, true)).toBe(view.getBigInt64(at, true))
    }
    expect(() => pages.getUint8(bytes.length)).toThrow(RangeError)
    expect(() => pages.getUint32(bytes.length - 3, true)).toThrow(RangeError)
  })

  test('are those of the source when there are more pages than room', () => {
    const large = new Uint8Array(12 << 20)
    for (let at = 0; at < large.length; at += 4096) large[at] = at >> 12
    const pages = new PagedBytes(sourceOf(large))
    const kept = pages.subarray(4096, 8192)
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < large.length; at += 4096) expect(pages.getUint8(at)).toBe(large[at])
    }
    expect(kept).toEqual(large.subarray(4096, 8192))
  })

  test('are read once as long as there is room', () => {
    const source = sourceOf(bytes)
    const pages = new PagedBytes(source)
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < bytes.length; at += 1000) pages.getUint8(at)
    }
    expect(source.reads).toBe(Math.ceil(bytes.length / 16_384))
  })
})
