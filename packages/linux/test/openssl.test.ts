import { ALGORITHMS, createFsverity, fsverityDigest, nobleHashing } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOpensslHashing } from '../src/openssl.ts'

const hashing = createOpensslHashing(nodeHashing)

describe.each(ALGORITHMS)('OpenSSL hashing of $name', algorithm => {
  test('is in use on this runtime', () => {
    expect(hashing.blocks(algorithm)).not.toBe(nodeHashing.blocks(algorithm))
    expect(hashing.blocks(algorithm)).toBe(hashing.blocks(algorithm))
  })

  test('gives the digests of the portable hash, whatever the size and the cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300_000 }),
        fc.integer({ min: 1, max: 70_000 }),
        fc.constantFrom(1024, 4096, 65536),
        (size, cut, blockSize) => {
          const data = Uint8Array.from({ length: size }, (_, i) => (i * 13 + (i >> 10)) & 0xff)
          const expected = fsverityDigest(data, { algorithm, blockSize, hashing: nobleHashing }).hex
          expect(fsverityDigest(data, { algorithm, blockSize, hashing }).hex).toBe(expected)
          const pieces = createFsverity({ algorithm, blockSize, hashing })
          for (let at = 0; at < size; at += cut) pieces.update(data.subarray(at, at + cut))
          expect(pieces.digest().hex).toBe(expected)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('an output that is too short is refused, not written past', () => {
    const out = new Uint8Array(algorithm.digestSize)
    expect(() => hashing.blocks(algorithm).hashBlocks(new Uint8Array(8192), 4096, out)).toThrow(
      RangeError,
    )
  })
})

test('where OpenSSL disagrees with the fallback, the fallback is used', () => {
  const lying = {
    ...nodeHashing,
    blocks: (algorithm: (typeof ALGORITHMS)[number]) => ({
      ...nodeHashing.blocks(algorithm),
      hashBlocks: (_: Uint8Array, __: number, out: Uint8Array) => void out.fill(1),
    }),
  }
  const out = new Uint8Array(128)
  for (const algorithm of ALGORITHMS)
    createOpensslHashing(lying).blocks(algorithm).hashBlocks(new Uint8Array(8192), 4096, out)
  expect([...out]).toEqual(new Array(128).fill(1))
})
