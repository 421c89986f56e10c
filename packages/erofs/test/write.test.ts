import { createHash } from 'node:crypto'
import { parseHex } from '@composefs/bytes'
import { fsverityDigest, SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT, writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import {
  checkImage,
  chooseVersion,
  type ErofsVersion,
  encodeImage,
  imageDigest,
  openImage,
  writeImage,
} from '../src/index.ts'
import { deepTree, digestOf, failureOf, PLAIN, text, treeOf, withXattrs } from './trees.ts'

describe('an empty root', () => {
  test('is the image of the format page in V2', () => {
    const image = new Uint8Array(4096)
    const put = (offset: number, hex: string) =>
      image.set(parseHex(hex.replaceAll(' ', '')) ?? [], offset)
    put(0x000, '9a 62 78 d0 01 00 00 00 00 00 00 00 02 00 00 00')
    put(0x400, 'e2 e1 f5 e0 00 00 00 00 06 00 00 00 0c 00 24 00 01')
    put(0x424, '01')
    put(0x480, '05 00 00 00 ed 41 00 00 1b')
    put(0x494, '24')
    put(0x4ac, '02')
    put(0x4c0, '24 00 00 00 00 00 00 00 18 00 02 00')
    put(0x4cc, '24 00 00 00 00 00 00 00 19 00 02 00 2e 2e 2e')
    expect(encodeImage(new FileTree(SHA256), { version: 2 })).toEqual(image)
    expect(imageDigest(new FileTree(SHA256), { version: 2 }).hex).toBe(
      '086b702a519b57d6ef5aea6f8b3f2be24355cd1fb835cd80fb4e3d388b24d5a5',
    )
  })

  test('has 256 stubs in V0', () => {
    const image = openImage(encodeImage(new FileTree(SHA256), { version: 0 }))
    const stubs = [...image.readDirectory(image.inode(image.rootNid))]
    expect(stubs).toHaveLength(256)
    expect(stubs.every(stub => stub.fileType === 3)).toBe(true)
    expect(image.bytes).toHaveLength(16384)
  })
})

test('an image and a dump are what a Blob takes, for the compiler too', () => {
  const tree = new FileTree(SHA256)
  const image: Uint8Array<ArrayBuffer> = encodeImage(tree, { version: 2 })
  const dump: Uint8Array<ArrayBuffer>[] = [...writeDump(tree)]
  expect(new Blob([image, ...dump]).size).toBe(
    image.length + '/ 0 40755 2 0 0 0 0.0 - - -\n'.length,
  )
})

describe('the window', () => {
  const tree = new FileTree(SHA256)
  for (let i = 0; i < 40_000; i++) {
    const name = text(`a-rather-long-name-of-a-file-${i}`)
    tree.addLeaf(ROOT, name, PLAIN, { kind: 'inline', data: text('x'.repeat(i % 60)) })
  }

  test.each([0, 1, 2] as const)('gives whole blocks of at most 1 MiB in V%i', version => {
    const sizes: number[] = []
    const hash = createHash('sha256')
    const { size } = writeImage(tree, {
      version,
      write(chunk) {
        sizes.push(chunk.length)
        hash.update(chunk)
        chunk.fill(0xee) // the chunk is the callback's during the call
      },
    })
    expect(sizes.length).toBeGreaterThan(2)
    expect(sizes.every(length => length % 4096 === 0 && length <= 2 ** 20)).toBe(true)
    expect(sizes.reduce((sum, length) => sum + length, 0)).toBe(size)
    const image = encodeImage(tree, { version })
    expect(image).toHaveLength(size)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(image).digest('hex'))
    expect(imageDigest(tree, { version })).toEqual(fsverityDigest(image, { algorithm: SHA256 }))
    expect(checkImage(openImage(image)).isReproducible).toBe(true)
  })
})

describe('limits', () => {
  const target = (length: number) =>
    ({ kind: 'symlink', target: text('t'.repeat(length)) }) as const
  const inline = (length: number) => ({ kind: 'inline', data: new Uint8Array(length) }) as const
  const payload = text('c3/somewhere.file')

  test.each<[string, FileTree, readonly ErofsVersion[], string]>([
    ['a target of 4095 bytes', treeOf({ l: target(4095) }), [2], '/l'],
    ['a target of 4096 bytes', treeOf({ l: target(4096) }), [0, 1, 2], '/l'],
    ['a target of 1024 bytes', treeOf({ l: target(1024) }), [], ''],
    ['inline content of 5000 bytes', treeOf({ f: inline(5000) }), [2], '/f'],
    ['inline content of 5001 bytes', treeOf({ f: inline(5001) }), [0, 1, 2], '/f'],
    ['inline content of 512 bytes', treeOf({ f: inline(512) }), [], ''],
    ['2048 directories', deepTree(2048), [], ''],
    ['2049 directories', deepTree(2049), [0, 1, 2], '/d'.repeat(2049)],
    ['a whiteout with two names', twoNames(), [0, 1, 2], '/sub/a'],
    [
      'a payload without digest',
      treeOf({ p: { kind: 'external-no-verity', size: 9, payload } }),
      [2],
      '/p',
    ],
    [
      'a payload with digest',
      treeOf({ p: { kind: 'external', digest: digestOf(1), size: 9, payload } }),
      [],
      '',
    ],
    ['five largest xattrs', manyXattrs(5, 65535), [0, 1, 2], '/f'],
    ['four largest xattrs but a little', manyXattrs(4, 65500), [], ''],
    ['256 shared xattrs', sharedXattrs(256), [2], '/a'],
    ['255 shared xattrs', sharedXattrs(255), [], ''],
    ['a file of 2^53 bytes', treeOf({ s: { kind: 'sparse', size: 2 ** 53 } }), [], ''],
  ])('%s', (_, tree, refusedBy, path) => {
    for (const version of [0, 1, 2] as const) {
      let written = 0
      const write = (chunk: Uint8Array) => {
        written += chunk.length
      }
      const failure = failureOf(() => writeImage(tree, { version, write }))
      const isRefused = refusedBy.includes(version)
      expect(failure).toEqual(isRefused ? { code: 'ERR_EROFS_LIMIT', path } : undefined)
      expect(written > 0).toBe(!isRefused)
      if (isRefused) continue
      expect(checkImage(openImage(encodeImage(tree, { version }))).isReproducible).toBe(true)
    }
  })

  function twoNames(): FileTree {
    const tree = new FileTree(SHA256)
    const directory = tree.addDirectory(ROOT, text('sub'), PLAIN)
    const whiteout = tree.addLeaf(directory, text('a'), PLAIN, { kind: 'chr', rdev: 0 })
    tree.link(directory, text('b'), whiteout)
    return tree
  }

  function manyXattrs(count: number, size: number): FileTree {
    const tree = new FileTree(SHA256)
    const xattrs = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`user.${i}`, new Uint8Array(size)]),
    )
    tree.addLeaf(ROOT, text('f'), withXattrs(xattrs), { kind: 'fifo' })
    return tree
  }

  function sharedXattrs(count: number): FileTree {
    const tree = new FileTree(SHA256)
    const xattrs = Object.fromEntries(Array.from({ length: count }, (_, i) => [`user.${i}`, 'v']))
    for (const name of ['a', 'b']) {
      tree.addLeaf(ROOT, text(name), withXattrs(xattrs), { kind: 'fifo' })
    }
    return tree
  }
})

describe('a payload that is the object path of another file', () => {
  test.each([0, 1] as const)('shares the redirect with it in V%i', version => {
    const [own, other] = [digestOf(1), digestOf(2)]
    const tree = treeOf({
      a: { kind: 'external', digest: own, size: 100, payload: text(other.objectPath) },
      b: { kind: 'external', digest: other, size: 100 },
    })
    const image = openImage(encodeImage(tree, { version }))
    const redirect = `/${other.objectPath}`
    const at = Buffer.from(image.bytes).indexOf(redirect)
    expect(Buffer.from(image.bytes).indexOf(redirect, at + 1)).toBe(-1)
    expect(image.objects()).toEqual([own, other])
    expect(checkImage(image).isReproducible).toBe(true)
  })
})

describe('the version that mkcomposefs chooses', () => {
  const plain = treeOf({ f: { kind: 'fifo' } })
  const whiteout = treeOf({ w: { kind: 'chr', rdev: 0 } })

  test.each([
    [{}, 0, 1],
    [{ min: 0 }, 0, 0],
    [{ max: 0 }, 0, 0],
    [{ max: 1 }, 0, 1],
    [{ min: 1 }, 1, 1],
    [{ min: 1, max: 0 }, 1, 1],
    [{ min: 0, max: 1 }, 0, 1],
  ])('of the range %o', (range, ofPlain, ofWhiteout) => {
    expect(chooseVersion(plain, range)).toBe(ofPlain)
    expect(chooseVersion(whiteout, range)).toBe(ofWhiteout)
  })

  test.each([{ min: 2 }, { max: 2 }, { min: -1 }, { max: 0.5 }])('%o is no range', range => {
    expect(() => chooseVersion(plain, range)).toThrow(RangeError)
  })

  test('does not count whiteouts that were removed', () => {
    const tree = treeOf({ w: { kind: 'chr', rdev: 0 } })
    tree.remove(ROOT, text('w'))
    expect(chooseVersion(tree)).toBe(0)
  })
})

describe('a tree that was changed', () => {
  test('is written as if it had always been so', () => {
    const tree = treeOf({ b: { kind: 'fifo' }, a: { kind: 'fifo' }, gone: { kind: 'socket' } })
    const linked = tree.lookup(ROOT, text('a')) as number
    tree.link(ROOT, text('z'), linked)
    tree.link(ROOT, text('00'), linked)
    tree.remove(ROOT, text('gone'))
    tree.remove(ROOT, text('a'))
    tree.remove(ROOT, text('00'))
    for (const version of [0, 1, 2] as const) {
      const expected = treeOf({ b: { kind: 'fifo' }, z: { kind: 'fifo' } })
      expect(encodeImage(tree, { version })).toEqual(encodeImage(expected, { version }))
    }
  })
})
