import { createHash } from 'node:crypto'
import { concatBytes, parseHex } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { checkImage, encodeImage, isErofsError, openImage } from '../src/index.ts'
import { caseNamed, vectorAlgorithm, vectorImages, vectors, vectorTree } from './vectors.ts'

describe('image to tree', () => {
  test.each(vectorImages)('$name is written again byte by byte', ({ golden, version }) => {
    const bytes = encodeImage(vectorTree(golden), { version })
    const image = openImage(bytes, { algorithm: vectorAlgorithm(golden) })
    expect(checkImage(image)).toMatchObject({ isReproducible: true })
  })

  const lossless = vectorImages.filter(
    ({ golden, version }) => version !== 2 && golden.dump_lossy === undefined,
  )
  test.each(lossless)('$name gives the dump back', ({ golden, version }) => {
    const bytes = encodeImage(vectorTree(golden), { version })
    const tree = openImage(bytes).toTree(vectorAlgorithm(golden))
    const dump = concatBytes([...writeDump(tree)])
    expect(createHash('sha256').update(dump).digest('hex')).toBe(golden.dump_sha256)
  })

  test('the algorithm is that of the first object', () => {
    const bytes = encodeImage(vectorTree(caseNamed('external-sha512')), { version: 1 })
    expect(openImage(bytes).toTree().algorithm.name).toBe('sha512')
    expect(codeOf(() => openImage(bytes, { algorithm: SHA256 }).toTree())).toBe(
      'ERR_EROFS_BAD_OVERLAY',
    )
  })
})

describe('hostile images', () => {
  test.each(vectors.hostile)('$name: $reason', entry => {
    const golden = caseNamed(entry.case)
    const image = encodeImage(vectorTree(golden), { version: entry.version })
    for (const [offset, hex] of entry.patch) image.set(parseHex(hex) ?? [], offset)
    const bytes = image.subarray(0, entry.truncate ?? image.length)
    const algorithm = vectorAlgorithm(golden)
    expect(codeOf(() => openImage(bytes, { algorithm }).toTree())).toMatch(/^ERR_EROFS_/)
  })
})

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    if (isErofsError(error)) return error.code
    throw error
  }
  return undefined
}
