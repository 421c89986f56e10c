import { describe, expect, test } from 'vitest'
import {
  ALGORITHMS,
  type Algorithm,
  createDigester,
  createFsverityOfLeaves,
  Digest,
  fsverityDigest,
  leafSizeOf,
  SHA256,
  SHA512,
} from '../src/index.ts'
import { nodeHashing } from '../src/node.ts'

const BLOCK = 4096

/** No two blocks of it are equal. */
const CONTENT = new Uint32Array(5 << 20).map((_, i) => Math.imul(i, 0x9e3779b1))

function content(size: number): Uint8Array {
  return new Uint8Array(CONTENT.buffer, 0, size)
}

function sizesAround(border: number): number[] {
  return [border - 1, border, border + 1]
}

function digestOfLeaves(data: Uint8Array, algorithm: Algorithm): Digest {
  const digester = createDigester({ algorithm, hashing: nodeHashing })
  const whole = createFsverityOfLeaves({ algorithm, hashing: nodeHashing })
  const hash = new Uint8Array(algorithm.digestSize)
  for (let at = 0; at < data.length; at += whole.leafSize) {
    const piece = data.subarray(at, at + whole.leafSize)
    digester.leaf(piece, hash)
    whole.addLeaf(hash, piece.length)
    hash.fill(0xee)
  }
  expect(whole.size).toBe(data.length)
  return whole.digest()
}

test('a leaf is what comes down to one hash', () => {
  expect(leafSizeOf(SHA512)).toBe(256 * 1024)
  expect(leafSizeOf(SHA256)).toBe(512 * 1024)
  expect(leafSizeOf(SHA256, 1024)).toBe(32 * 1024)
})

describe.each(ALGORITHMS.map(algorithm => [algorithm.name, algorithm] as const))(
  '%s',
  (_, algorithm) => {
    const leaf = leafSizeOf(algorithm)
    const hashesPerBlock = BLOCK / algorithm.digestSize
    const sizes = [
      ...sizesAround(2 * BLOCK),
      ...sizesAround(leaf),
      ...sizesAround(leaf + BLOCK),
      ...sizesAround(2 * leaf),
      ...sizesAround(3 * leaf - BLOCK),
      // As many leaves as fill a block of level 2.
      ...(algorithm.digestSize === 64 ? sizesAround(hashesPerBlock * leaf) : []),
    ]

    test.each([BLOCK + 1, ...sizes])('leaves of %i bytes give the digest of the whole', size => {
      const data = content(size)
      const expected = fsverityDigest(data, { algorithm, hashing: nodeHashing })
      expect(digestOfLeaves(data, algorithm).hex).toBe(expected.hex)
    })

    test.each([0, 1, ...sizesAround(BLOCK), ...sizes])('a reused digester of %i bytes', size => {
      const digester = createDigester({ algorithm, hashing: nodeHashing })
      const out = new Uint8Array(algorithm.digestSize)
      // What another content has left behind is of no matter.
      for (const other of [content(3 * BLOCK + 5), content(size)]) digester.digest(other, out)
      const expected = fsverityDigest(content(size), { algorithm, hashing: nodeHashing })
      expect(new Digest(algorithm, out).hex).toBe(expected.hex)
    })

    test('content that has no level 1 has no digest of leaves', () => {
      for (const size of [0, 1, BLOCK]) {
        expect(() => digestOfLeaves(content(size), algorithm)).toThrow(RangeError)
      }
    })

    test('only the last leaf is short, and none is empty or too long', () => {
      const hash = new Uint8Array(algorithm.digestSize)
      const whole = createFsverityOfLeaves({ algorithm })
      for (const size of [0, -1, leaf + 1]) {
        expect(() => whole.addLeaf(hash, size)).toThrow(RangeError)
      }
      expect(() => whole.addLeaf(hash.subarray(1), leaf)).toThrow(RangeError)
      whole.addLeaf(hash, leaf - 1)
      expect(() => whole.addLeaf(hash, leaf)).toThrow(RangeError)
      const digester = createDigester({ algorithm })
      for (const size of [0, leaf + 1]) {
        expect(() => digester.leaf(new Uint8Array(size), hash)).toThrow(RangeError)
      }
    })
  },
)
