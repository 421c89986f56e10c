import { SHA256 } from '@composefs/fsverity'
import { FileTree } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { encodeImage, readImageVersion } from '../src/index.ts'

describe('the version of an image by its header', () => {
  test.each([0, 1, 2] as const)('is %i', version => {
    const image = encodeImage(new FileTree(SHA256), { version })
    expect(readImageVersion(image)).toBe(version)
    expect(readImageVersion(image.subarray(0, 32))).toBe(version)
  })

  test.each([
    ['too short', (image: Uint8Array) => image.subarray(0, 31)],
    ['another magic', (image: Uint8Array) => image.with(0, 0)],
    ['another header version', (image: Uint8Array) => image.with(4, 2)],
    ['a later version', (image: Uint8Array) => image.with(12, 3)],
  ])('is none of %s', (_, change) => {
    const image = encodeImage(new FileTree(SHA256), { version: 1 })
    expect(readImageVersion(change(image))).toBeUndefined()
  })
})
