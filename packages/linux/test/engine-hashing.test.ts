import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import {
  ALGORITHMS,
  type BlockHasher,
  createFsverity,
  fsverityDigest,
  nobleHashing,
  type StreamHashName,
} from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEngine } from '../src/engine/engine.ts'
import { blocksWork, streamWorks } from '../src/engine/self-test.ts'

const { hashing } = createEngine({ fallback: nodeHashing })

/** Bytes that differ from place to place, in memory that several threads can share or in memory of their own. */
function sample(size: number, isShared = false): Uint8Array {
  const bytes = new Uint8Array(isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size))
  for (let i = 0; i < size; i++) bytes[i] = (i * 13 + (i >> 10)) & 0xff
  return bytes
}

describe.each(ALGORITHMS)('native hashing of blocks with $name', algorithm => {
  const hasher = hashing.blocks(algorithm)

  test('is in use on this runtime, one hasher for all', () => {
    expect(hasher).not.toBe(nodeHashing.blocks(algorithm))
    expect(hasher).toBe(hashing.blocks(algorithm))
  })

  test('gives the digests of the portable hash, whatever the size and the cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300_000 }),
        fc.integer({ min: 1, max: 70_000 }),
        fc.constantFrom(1024, 4096, 65536),
        (size, cut, blockSize) => {
          const data = sample(size)
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

  test.each([0, 1, 64, 65, 256, 511, 512, 513, 4095, 4096, 4097, 8192, 600_000])(
    'writes hashes of %d bytes where they belong and nothing else, at any place of shared memory',
    size => {
      const data = sample(size + 3, true).subarray(3)
      const hashes = Math.ceil(size / 512) * algorithm.digestSize
      const out = new Uint8Array(new SharedArrayBuffer(hashes + 10)).fill(0xaa)
      hasher.hashBlocks(data, 512, out.subarray(5, 5 + hashes))
      const expected = new Uint8Array(hashes + 10).fill(0xaa)
      nodeHashing.blocks(algorithm).hashBlocks(data.slice(), 512, expected.subarray(5))
      expect(Buffer.compare(out, expected)).toBe(0)
      expect(hasher.hash(data)).toEqual(new Uint8Array(nodeHashing.blocks(algorithm).hash(data)))
    },
  )

  test.each([
    ['an output that is too short', 8192, 4096, algorithm.digestSize],
    ['blocks of more than 64 KiB', 8192, 65537, 1024],
    ['blocks of nothing', 8192, 0, 1024],
    ['blocks of no size', 8192, Number.NaN, 1024],
    ['blocks of half a byte more', 8192, 1024.5, 1024],
  ])('%s is refused, nothing is written', (_, size, blockSize, room) => {
    const out = new Uint8Array(room)
    expect(() => hasher.hashBlocks(new Uint8Array(size), blockSize, out)).toThrow(RangeError)
    expect(out).toEqual(new Uint8Array(room))
  })
})

describe.each<StreamHashName>(['sha256', 'sha384', 'sha512'])('a stream of %s', name => {
  test('gives the plain hash, whatever the cut', () => {
    const data = sample(200_000)
    const expected = createHash(name).update(data).digest()
    for (const cut of [7, 64, 65, 5000, data.length]) {
      const hash = hashing.stream(name)
      for (let at = 0; at < data.length; at += cut) hash.update(data.subarray(at, at + cut))
      expect(Buffer.compare(hash.digest(), expected)).toBe(0)
    }
  })

  test('of nothing', () => {
    expect(Buffer.from(hashing.stream(name).digest())).toEqual(createHash(name).digest())
  })

  test('has an address until it is over, and refuses what comes then', () => {
    const hash = hashing.stream(name)
    expect(hash.address).toBeGreaterThan(0)
    hash.digest()
    expect(hash.address).toBeUndefined()
    expect(() => hash.update(new Uint8Array(1))).toThrow('asked for already')
    expect(() => hash.digest()).toThrow('asked for already')
    hash.close?.()
  })

  test('that nobody asks for is closed', () => {
    const hash = hashing.stream(name)
    hash.close?.()
    hash.close?.()
    expect(hash.address).toBeUndefined()
  })
})

test('another thread goes on with a hash at its address', async () => {
  const data = sample(100_000, true)
  const hash = hashing.stream('sha256')
  hash.update(data.subarray(0, 40_000))
  const worker = new Worker(new URL('./advance-worker.ts', import.meta.url), {
    workerData: { address: hash.address, data: data.subarray(40_000, 90_000) },
    execArgv: ['--conditions=composefs-source', '--no-warnings'],
  })
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
  hash.update(data.subarray(90_000))
  expect(Buffer.from(hash.digest())).toEqual(createHash('sha256').update(data).digest())
})

describe('the known answers', () => {
  test.each(ALGORITHMS)('of blocks of $name are those of Node', algorithm => {
    expect(blocksWork(nodeHashing.blocks(algorithm))).toBe(true)
  })

  test.each(['sha256', 'sha384', 'sha512'] as const)('of %s are those of Node', name => {
    expect(streamWorks(nodeHashing.stream(name), name)).toBe(true)
  })

  test.each(ALGORITHMS)('find a hasher of $name that is wrong about one byte', algorithm => {
    const right = nodeHashing.blocks(algorithm)
    const spoil = (hash: Uint8Array) => {
      hash[0] = (hash[0] as number) ^ 1
      return hash
    }
    const wrongWhole = { ...right, hash: (data: Uint8Array) => spoil(right.hash(data)) }
    const wrongBlocks: BlockHasher = {
      ...right,
      hashBlocks(data, size, out) {
        right.hashBlocks(data, size, out)
        spoil(out)
      },
    }
    expect(blocksWork(wrongWhole)).toBe(false)
    expect(blocksWork(wrongBlocks)).toBe(false)
  })

  test('find a stream hash of another name', () => {
    expect(streamWorks(nodeHashing.stream('sha256'), 'sha512')).toBe(false)
  })
})
