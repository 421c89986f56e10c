import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { bigFiles } from '../src/inputs/big-files.ts'
import { InputCache } from '../src/inputs/cache.ts'
import { CompressibleBytes } from '../src/inputs/compressible-bytes.ts'
import { writeDump } from '../src/inputs/dump.ts'
import { writeLayout } from '../src/inputs/layout.ts'
import { manySmallFiles } from '../src/inputs/many-small-files.ts'
import { ROOT_SHAPE, rootFileSystem } from '../src/inputs/root-file-system.ts'
import { sizeAt } from '../src/inputs/size-distribution.ts'
import { writeSparseLayout } from '../src/inputs/sparse-layer.ts'

const directory = mkdtempSync(join(tmpdir(), 'composefs-bench-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

const sha256 = (pieces: Iterable<Uint8Array>) => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

const small = { directories: 20, files: 60, symlinks: 10, hardlinks: 5 }

// A generator that changes makes measurements that cannot be compared: then GENERATION in cache.ts has to change, too.
test.each([
  [
    'root file system',
    () => rootFileSystem(small),
    '558bac376b777bf5d51f0a5c45f2605e29b967bc8ed745caa7b1ac939dfba15f',
  ],
  [
    'many small files',
    () => manySmallFiles(150),
    'cbf70682c57336d7e4b89e5dfe4bef9aff9f67af6ab024d15f1de4b4ac303257',
  ],
  [
    'big files',
    () => bigFiles(2, 1),
    '4fd50b293e0574308cb2e1f0493f97ffdcbf173cb947bf80c7a8a6ef8cbb2e12',
  ],
])('%s: the same bytes everywhere', (_, make, expected) => {
  expect(sha256(make())).toBe(expected)
})

test('a dump file: the same bytes everywhere', () => {
  const path = join(directory, 'dump')
  writeDump(path, 1500)
  expect(sha256([readFileSync(path)])).toBe(
    'ed1c125e0f206f6edbed778bd6a79ee5b22837e05da3bc445d41c9e486f7da40',
  )
})

test('contents compress about as those of a Debian root', () => {
  const content = new CompressibleBytes(1).next(1 << 20)
  const ratio = content.length / gzipSync(content).length
  expect(ratio).toBeGreaterThan(2.5)
  expect(ratio).toBeLessThan(3)
})

describe('sizes of a root file system', () => {
  const sizes = Array.from({ length: ROOT_SHAPE.files }, (_, i) =>
    sizeAt(i / (ROOT_SHAPE.files - 1)),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const large = sizes.filter(size => size > 256 << 10)

  test('median, mean, and the largest', () => {
    expect(sizes[sizes.length >> 1]).toBe(2300)
    expect(total / sizes.length / 1000).toBeCloseTo(25, 0)
    expect(sizes.at(-1)).toBe(4_500_000)
  })

  test('few large files hold almost half of the bytes', () => {
    expect(large.length).toBe(88)
    expect(large.reduce((sum, size) => sum + size, 0) / total).toBeCloseTo(0.44, 1)
  })
})

describe('a layout', () => {
  test.each([
    ['gz', gunzipSync],
    ['zst', zstdDecompressSync],
    ['tar', (bytes: Buffer) => bytes],
  ] as const)('of layers packed as %s', async (packing, unpack) => {
    const layout = join(directory, packing)
    await writeLayout(layout, [bigFiles(1, 1), manySmallFiles(3)], packing)
    const blob = (digest: string) => readFileSync(join(layout, 'blobs', digest.replace(':', '/')))
    const parse = (digest: string) => JSON.parse(blob(digest).toString())
    const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'))
    const { config, layers } = parse(manifests[0].digest)
    const diffIds = layers.map(
      ({ digest }: { digest: string }) => `sha256:${sha256([unpack(blob(digest))])}`,
    )
    expect(parse(config.digest).rootfs.diff_ids).toEqual(diffIds)
    expect(diffIds).toEqual(
      [bigFiles(1, 1), manySmallFiles(3)].map(layer => `sha256:${sha256(layer)}`),
    )
    for (const { digest, size } of [config, ...layers]) {
      expect(digest).toBe(`sha256:${sha256([blob(digest)])}`)
      expect(size).toBe(blob(digest).length)
    }
  })

  test('with a hole takes no room', () => {
    const layout = join(directory, 'sparse')
    writeSparseLayout(layout, 8)
    const blobs = join(layout, 'blobs', 'sha256')
    const largest = readdirSync(blobs)
      .map(name => ({ name, ...statSync(join(blobs, name)) }))
      .toSorted((a, b) => b.size - a.size)[0]
    expect(largest?.size).toBeGreaterThan(8 << 20)
    expect(largest?.blocks).toBeLessThan(64)
    expect(sha256([readFileSync(join(blobs, largest?.name ?? ''))])).toBe(largest?.name)
  })
})

describe('the cache', () => {
  test('makes an input once', async () => {
    const made: string[] = []
    const cache = new InputCache({
      directory: join(directory, 'cache'),
      onMake: name => made.push(name),
    })
    const make = (path: string) => writeFileSync(path, 'content')
    const path = await cache.get('input', make)
    expect(await cache.get('input', make)).toBe(path)
    expect(made).toEqual(['input'])
    expect(readFileSync(path, 'utf8')).toBe('content')
  })

  test('begins again after a failure', async () => {
    const cache = new InputCache({ directory: join(directory, 'cache') })
    const fail = (path: string) => {
      writeFileSync(path, 'half')
      throw new Error('no room')
    }
    await expect(cache.get('failing', fail)).rejects.toThrow('no room')
    const path = await cache.get('failing', path => writeFileSync(path, 'whole'))
    expect(readFileSync(path, 'utf8')).toBe('whole')
  })
})
