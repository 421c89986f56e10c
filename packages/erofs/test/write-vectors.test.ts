import { createHash } from 'node:crypto'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { isTreeError } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { chooseVersion, encodeImage, imageDigest, isErofsError } from '../src/index.ts'
import { readVector, vectorImages, vectors, vectorTree } from './vectors.ts'

describe('images of the known writers, bit by bit', () => {
  test.each(vectorImages)('$name', ({ golden, version, image }) => {
    const tree = vectorTree(golden)
    const bytes = encodeImage(tree, { version })
    if (image.image !== undefined) expect(bytes).toEqual(readVector(image.image))
    expect(bytes.length).toBe(image.size)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(image.sha256)
    const id = (algorithm: typeof SHA256) =>
      imageDigest(tree, { version, algorithm, hashing: nodeHashing }).hex
    expect(id(SHA256)).toBe(image.verity_sha256)
    expect(id(SHA512)).toBe(image.verity_sha512)
  })
})

describe('the version that mkcomposefs chooses', () => {
  const chosen = vectors.cases.filter(golden => typeof golden.default_version === 'number')
  test.each(chosen)('$name', golden => {
    expect(chooseVersion(vectorTree(golden))).toBe(golden.default_version)
  })
})

describe('trees and dumps that are no image', () => {
  const cases = vectors.must_fail.flatMap(entry =>
    entry.must_fail.map(version => ({ ...entry, version })),
  )
  test.each(cases)('$name V$version: $reason', entry => {
    const caught = errorOf(() => encodeImage(vectorTree(entry), { version: entry.version }))
    expect(isTreeError(caught) || isErofsError(caught)).toBe(true)
  })
})

function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}
