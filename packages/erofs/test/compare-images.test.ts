import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { CompactInode, Header, SLOT_SIZE, SUPERBLOCK_OFFSET, Superblock } from '../src/format.ts'
import {
  compareImages,
  type ErofsImage,
  type ErofsVersion,
  encodeImage,
  IMAGE_RULES,
  openImage,
} from '../src/index.ts'
import { digestOf, PLAIN, withXattrs } from './trees.ts'

/** An xattr that two files share, a file with chunks, and inline data. */
function image(version: ErofsVersion = 1): Uint8Array {
  const tree = new FileTree(SHA256)
  const shared = withXattrs({ 'user.x': 'shared', 'user.y': 'shared' })
  tree.addLeaf(ROOT, encodeUtf8('a'), shared, { kind: 'fifo' })
  tree.addLeaf(ROOT, encodeUtf8('b'), shared, { kind: 'fifo' })
  const content = { kind: 'external', digest: digestOf(1), size: 9000 } as const
  tree.addLeaf(ROOT, encodeUtf8('c'), PLAIN, content)
  tree.addLeaf(ROOT, encodeUtf8('d'), PLAIN, { kind: 'inline', data: encodeUtf8('data') })
  return encodeImage(tree, { version })
}

/** The image with something else at a place that `patch` writes to. */
function patched(patch: (view: DataView, place: (path: string) => number) => void): Uint8Array {
  const bytes = image()
  const place = (path: string) => (openImage(bytes).lookup(encodeUtf8(path))?.nid ?? 0) * SLOT_SIZE
  patch(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), place)
  return bytes
}

/** Where the xattr area of a compact inode is: filter, number of references, then the references. */
const XATTRS = CompactInode.size
const REFERENCES = XATTRS + 12

function findings(a: Uint8Array, b: Uint8Array) {
  return compareImages(openImage(a), openImage(b)).map(({ rule, count, examples }) => {
    const [first] = examples
    const where = first?.path === undefined ? first?.field : showUtf8(first.path)
    return [rule, count, where, first?.a, first?.b]
  })
}

describe('images of one tree', () => {
  test('the same: nothing', () => {
    expect(findings(image(), image())).toEqual([])
  })

  test.each<[ErofsVersion, ErofsVersion]>([
    [0, 1],
    [1, 2],
    [2, 0],
  ])('of versions %i and %i', (a, b) => {
    const expected = [['format-version', 1, undefined, `V${a}`, `V${b}`]]
    expect(findings(image(a), image(b))).toEqual(expected)
  })

  test('a flag of the header, and a field of the superblock', () => {
    const flagged = patched(view => view.setUint32(Header.offsets.flags, 1, true))
    expect(findings(image(), flagged)).toEqual([['image-header', 1, 'flags', '0', '1']])
    const named = patched(view => view.setUint8(SUPERBLOCK_OFFSET + Superblock.offsets.uuid, 0xab))
    const zeros = '0'.repeat(32)
    expect(findings(image(), named)).toEqual([
      ['image-header', 1, 'uuid', zeros, `ab${zeros.slice(2)}`],
    ])
  })

  test('the number of an inode', () => {
    const numbered = patched((view, place) =>
      view.setUint32(place('/d') + CompactInode.offsets.ino, 9999, true),
    )
    expect(findings(image(), numbered)).toMatchObject([
      ['inode-number', 1, '/d', expect.stringMatching(/^number \d+$/), 'number 9999'],
    ])
  })

  test('the order of xattrs, and their filter', () => {
    const turned = patched((view, place) => {
      const at = place('/a') + REFERENCES
      const first = view.getUint32(at, true)
      view.setUint32(at, view.getUint32(at + 4, true), true)
      view.setUint32(at + 4, first, true)
    })
    expect(findings(image(), turned)).toEqual([
      ['xattr-order', 1, '/a', 'user.x=shared user.y=shared', 'user.y=shared user.x=shared'],
    ])
    const filtered = patched((view, place) => view.setUint32(place('/a') + XATTRS, 0, true))
    expect(findings(image(), filtered)).toMatchObject([
      ['xattr-name-filter', 1, '/a', expect.stringMatching(/^0x[0-9a-f]{8}$/), '0x00000000'],
    ])
  })

  test('the size of chunks', () => {
    const chunked = patched((view, place) =>
      view.setUint32(place('/c') + CompactInode.offsets.data, 31, true),
    )
    expect(findings(image(), chunked)).toEqual([
      ['chunk-format', 1, '/c', 'chunk format 2', 'chunk format 31'],
    ])
  })

  test('a byte that no reader looks at', () => {
    const bytes = patched(view => view.setUint8(40, 7))
    expect(findings(image(), bytes)).toEqual([['unread-bytes', 1, 'byte 40', '0x00', '0x07']])
  })

  test('where inodes are, and what form they have: a tree with an older file beside', () => {
    // The time of compact inodes is the smallest one, so that another file makes all others extended.
    const other = new FileTree(SHA256)
    const old = { ...PLAIN, mtimeSeconds: -5n }
    other.addLeaf(ROOT, encodeUtf8('a'), old, { kind: 'fifo' })
    const same = new FileTree(SHA256)
    same.addLeaf(ROOT, encodeUtf8('a'), PLAIN, { kind: 'fifo' })
    const rules = findings(
      encodeImage(same, { version: 1 }),
      encodeImage(other, { version: 1 }),
    ).map(([rule]) => rule)
    expect(rules).toEqual(['image-header', 'inode-form', 'inode-place'])
  })

  test('which xattrs are shared, and where data is', () => {
    const treeWith = (second: string, size: number) => {
      const tree = new FileTree(SHA256)
      const data = new Uint8Array(size)
      tree.addLeaf(ROOT, encodeUtf8('a'), withXattrs({ 'user.x': 'v' }), { kind: 'fifo' })
      tree.addLeaf(ROOT, encodeUtf8('b'), withXattrs({ 'user.x': second }), { kind: 'fifo' })
      tree.addLeaf(ROOT, encodeUtf8('c'), PLAIN, { kind: 'inline', data })
      return encodeImage(tree, { version: 1 })
    }
    expect(findings(treeWith('v', 100), treeWith('w', 3000))).toEqual(
      expect.arrayContaining([
        ['xattr-sharing', 2, '/a', '1 of 1 xattrs shared', '0 of 1 xattrs shared'],
        [
          'block-layout',
          1,
          '/c',
          '0 blocks, 100 bytes behind the inode',
          '1 blocks, 0 bytes behind the inode',
        ],
      ]),
    )
  })

  test('names that only one has end the comparison', () => {
    const more = new FileTree(SHA256)
    more.addLeaf(ROOT, encodeUtf8('zz'), PLAIN, { kind: 'fifo' })
    const less = new FileTree(SHA256)
    const found = findings(
      encodeImage(less, { version: 1 }),
      encodeImage(more, { version: 1 }),
    ).filter(([rule]) => rule === 'image-entries')
    expect(found).toEqual([['image-entries', 1, '/zz', 'no entry', 'an entry']])
  })

  test('examples are bounded, counts are not', () => {
    const [a, b] = [
      image(),
      patched((view, place) => {
        for (const path of ['/a', '/b', '/d']) {
          view.setUint32(place(path) + CompactInode.offsets.ino, 9999, true)
        }
      }),
    ].map(bytes => openImage(bytes)) as [ErofsImage, ErofsImage]
    const bounds = [0, 2, 10].map(examples => compareImages(a, b, { examples })[0])
    expect(bounds.map(finding => [finding?.count, finding?.examples.length])).toEqual([
      [3, 0],
      [3, 2],
      [3, 3],
    ])
  })

  test('the rules come in their order', () => {
    const both = patched((view, place) => {
      view.setUint32(place('/d') + CompactInode.offsets.ino, 9999, true)
      view.setUint32(place('/a') + XATTRS, 0, true)
      view.setUint32(Header.offsets.flags, 1, true)
    })
    const rules = findings(image(), both).map(([rule]) => rule)
    expect(rules).toEqual(IMAGE_RULES.filter(rule => rules.includes(rule)))
    expect(rules).toHaveLength(3)
  })
})
