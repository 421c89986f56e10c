import { encodeUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { encodeImage, IMAGE_HEAD_SIZE, readImageHead, readImageVersion } from '../src/index.ts'

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

describe('the head of an image', () => {
  const acl = { name: encodeUtf8('system.posix_acl_access'), value: new Uint8Array(4) }

  test.each([
    [0, [], false, 257n],
    [1, [], false, 257n],
    [1, [acl], true, 257n],
    [2, [], true, 1n],
  ] as const)('of version %i with the xattrs %j', (version, xattrs, mayHaveAcl, inodes) => {
    const tree = new FileTree(SHA256)
    tree.setXattrs(ROOT, xattrs)
    const image = encodeImage(tree, { version })
    expect(readImageHead(image.subarray(0, IMAGE_HEAD_SIZE))).toEqual({
      version,
      mayHaveAcl,
      blocks: image.length / 4096,
      inodes,
    })
  })

  test.each([
    ['too short', (image: Uint8Array) => image.subarray(0, IMAGE_HEAD_SIZE - 1)],
    ['no composefs header', (image: Uint8Array) => image.with(0, 0)],
    ['no superblock', (image: Uint8Array) => image.with(1024, 0)],
  ])('is none of %s', (_, change) => {
    const image = encodeImage(new FileTree(SHA256), { version: 1 })
    expect(readImageHead(change(image))).toBeUndefined()
  })
})
