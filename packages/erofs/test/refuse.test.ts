import { SHA256 } from '@composefs/fsverity'
import { FileTree, type LeafContent, ROOT } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { type ErofsErrorCode, type ErofsVersion, encodeImage, openImage } from '../src/index.ts'
import { deepTree, digestOf, failureOf, PLAIN, text, treeOf, withXattrs } from './trees.ts'

/** An image whose bytes are to be damaged, with the places that tests need. */
class Damage {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly image

  constructor(tree: FileTree, version: ErofsVersion) {
    this.bytes = encodeImage(tree, { version })
    this.view = new DataView(this.bytes.buffer)
    this.image = openImage(this.bytes.slice())
  }

  nid(path: string): number {
    const inode = this.image.lookup(text(path))
    if (inode === undefined) throw new RangeError(`no ${path}`)
    return inode.nid
  }

  /** Offset of an inode. */
  inode(path: string): number {
    return this.nid(path) * 32
  }

  /** Offset of the xattr area of an inode. */
  xattrs(path: string): number {
    return this.image.inode(this.nid(path)).xattrOffset
  }

  /** Offset of the data behind an inode. */
  tail(path: string): number {
    return this.image.inode(this.nid(path)).tailOffset
  }

  /** Offset of the first place of these bytes. */
  find(bytes: Uint8Array | string): number {
    const at = Buffer.from(this.bytes).indexOf(bytes)
    if (at === -1) throw new RangeError('not there')
    return at
  }

  /** Writes text over the image. */
  put(at: number, data: string): void {
    this.bytes.set(text(data), at)
  }

  failure() {
    return failureOf(() => openImage(this.bytes, { algorithm: SHA256 }).toTree())
  }
}

const SHARED = { 'user.one': 'v', 'user.two': 'w' }

/** `/a`, `/b` fifos with shared xattrs, `/d/f` inline, `/d/l` symlink, `/e` external, `/x` with own xattrs. */
function sampleTree(): FileTree {
  const tree = treeOf({
    e: { kind: 'external', digest: digestOf(5), size: 100 },
    n: { kind: 'external-no-verity', object: digestOf(6), size: 100 },
  })
  tree.addLeaf(ROOT, text('a'), withXattrs(SHARED), { kind: 'fifo' })
  tree.addLeaf(ROOT, text('b'), withXattrs(SHARED), { kind: 'fifo' })
  tree.addLeaf(ROOT, text('x'), withXattrs({ 'user.aa': 'v', 'user.bb': 'w' }), { kind: 'fifo' })
  const directory = tree.addDirectory(ROOT, text('d'), PLAIN)
  tree.addLeaf(directory, text('f'), PLAIN, { kind: 'inline', data: text('content') })
  tree.addLeaf(directory, text('l'), PLAIN, { kind: 'symlink', target: text('target') })
  tree.addDirectory(directory, text('sub'), PLAIN)
  return tree
}

type Case = [string, ErofsErrorCode, (damage: Damage) => void]

describe('the superblock', () => {
  test.each<Case>([
    [
      'an unknown compatible feature',
      'ERR_EROFS_UNSUPPORTED',
      ({ view }) => view.setUint32(1032, 14, true),
    ],
    [
      'a place of the metadata',
      'ERR_EROFS_UNSUPPORTED',
      ({ view }) => view.setUint32(1064, 1, true),
    ],
    ['more devices', 'ERR_EROFS_UNSUPPORTED', ({ view }) => view.setUint16(1110, 1, true)],
    ['larger directory blocks', 'ERR_EROFS_UNSUPPORTED', ({ view }) => view.setUint8(1114, 1)],
    ['a version to come', 'ERR_EROFS_UNSUPPORTED', ({ view }) => view.setUint32(12, 3, true)],
    [
      'more blocks than there are',
      'ERR_EROFS_TRUNCATED',
      ({ view }) => view.setUint32(1060, 2, true),
    ],
    [
      'fewer blocks than there are',
      'ERR_EROFS_OUT_OF_RANGE',
      ({ view }) => view.setUint32(1060, 0, true),
    ],
    [
      'a build time of too many nanoseconds',
      'ERR_EROFS_OUT_OF_RANGE',
      ({ view }) => view.setUint32(1056, 10 ** 9, true),
    ],
    [
      'a root in the superblock',
      'ERR_EROFS_OUT_OF_RANGE',
      ({ view }) => view.setUint16(1038, 32, true),
    ],
  ])('with %s', (_, code, damage) => {
    const image = new Damage(sampleTree(), 2)
    damage(image)
    expect(image.failure()?.code).toBe(code)
  })

  test('of an image that is larger than allowed', () => {
    const bytes = encodeImage(sampleTree(), { version: 2 })
    expect(failureOf(() => openImage(bytes, { maxSize: bytes.length }))).toBeUndefined()
    const failure = failureOf(() => openImage(bytes, { maxSize: bytes.length - 1 }))
    expect(failure?.code).toBe('ERR_EROFS_TOO_LARGE')
  })

  test('of nothing', () => {
    expect(failureOf(() => openImage(new Uint8Array(0)))?.code).toBe('ERR_EROFS_TRUNCATED')
  })
})

describe('an inode', () => {
  test.each<[string, ErofsErrorCode, string, (damage: Damage) => void]>([
    [
      'of no type',
      'ERR_EROFS_BAD_INODE',
      '/a',
      d => d.view.setUint16(d.inode('/a') + 4, 0o644, true),
    ],
    [
      'with chunks that is no file',
      'ERR_EROFS_BAD_INODE',
      '/d',
      d => d.view.setUint16(d.inode('/d'), 9, true),
    ],
    [
      'with data beyond the end',
      'ERR_EROFS_OUT_OF_RANGE',
      '/d/f',
      d => {
        d.view.setUint16(d.inode('/d/f'), 1, true)
        d.view.setUint32(d.inode('/d/f') + 16, 1, true)
      },
    ],
    [
      'of a file of more than 2^53 bytes',
      'ERR_EROFS_BAD_INODE',
      '/e',
      d => d.view.setBigUint64(d.inode('/e') + 8, 2n ** 53n + 1n, true),
    ],
    [
      'of a directory linked too often',
      'ERR_EROFS_BAD_LINK_COUNT',
      '/d',
      d => d.view.setUint32(d.inode('/d') + 44, 4, true),
    ],
    [
      'of a whiteout with two names',
      'ERR_EROFS_BAD_WHITEOUT',
      '/a',
      d => {
        d.view.setUint16(d.inode('/a') + 4, 0o020644, true)
        d.view.setUint32(d.inode('/a') + 44, 2, true)
      },
    ],
    [
      'of a symlink with a NUL',
      'ERR_EROFS_BAD_SYMLINK',
      '/d/l',
      d => d.put(d.tail('/d/l') + 2, '\0'),
    ],
    [
      'of a symlink that is too long',
      'ERR_EROFS_BAD_SYMLINK',
      '/d/l',
      d => d.view.setBigUint64(d.inode('/d/l') + 8, 1025n, true),
    ],
  ])('%s', (_, code, path, damage) => {
    const image = new Damage(sampleTree(), 2)
    damage(image)
    expect(image.failure()).toEqual({ code, path })
  })

  test('whose tail crosses a block', () => {
    const image = new Damage(treeOf({ f: { kind: 'inline', data: new Uint8Array(500) } }), 2)
    // Behind the inode, at the end of the only block.
    const nid = (4096 - 64) / 32
    image.bytes.copyWithin(nid * 32, image.inode('/f'), image.inode('/f') + 64)
    image.view.setUint32(image.tail('/') + 24, nid, true)
    expect(image.failure()).toMatchObject({ code: 'ERR_EROFS_OUT_OF_RANGE', path: '/f' })
  })
})

describe('a directory', () => {
  /** Offset of entry `i` of the root: `.`, `..`, a, b, d, e, n, x. */
  const entry = (image: Damage, i: number) => image.tail('/') + 12 * i
  const name = (image: Damage, i: number) =>
    image.tail('/') + image.view.getUint16(entry(image, i) + 8, true)

  test.each<Case>([
    ['whose names are not in order', 'ERR_EROFS_BAD_DIRECTORY', d => d.put(name(d, 2), 'c')],
    [
      'with a wrong parent',
      'ERR_EROFS_BAD_DIRECTORY',
      d => d.view.setUint32(d.tail('/d') + 12, d.nid('/d'), true),
    ],
    [
      'with an empty name',
      'ERR_EROFS_BAD_DIRECTORY',
      d => d.view.setUint16(entry(d, 3) + 8, d.view.getUint16(entry(d, 2) + 8, true), true),
    ],
    [
      'with a name behind its end',
      'ERR_EROFS_BAD_DIRECTORY',
      d => d.view.setUint16(entry(d, 3) + 8, 4000, true),
    ],
    ['with a last name that is empty', 'ERR_EROFS_BAD_DIRECTORY', d => d.put(name(d, 7), '\0')],
    [
      'that leads into itself',
      'ERR_EROFS_LOOP',
      d => {
        d.view.setUint32(d.tail('/d') + 48, d.nid('/d'), true)
      },
    ],
    [
      'that has no entries',
      'ERR_EROFS_BAD_DIRECTORY',
      d => d.view.setBigUint64(d.inode('/d') + 8, 0n, true),
    ],
    [
      'that is cut off',
      'ERR_EROFS_BAD_DIRECTORY',
      d => d.view.setBigUint64(d.inode('/d') + 8, 5n, true),
    ],
    [
      'with an entry beyond the image',
      'ERR_EROFS_OUT_OF_RANGE',
      d => d.view.setUint32(entry(d, 2), 1 << 20, true),
    ],
    [
      'with an entry beyond 2^32',
      'ERR_EROFS_OUT_OF_RANGE',
      d => d.view.setUint32(entry(d, 2) + 4, 1, true),
    ],
    [
      'with a leaf that has too few links',
      'ERR_EROFS_BAD_LINK_COUNT',
      d => d.view.setUint32(entry(d, 3), d.nid('/a'), true),
    ],
  ])('%s', (_, code, damage) => {
    const image = new Damage(sampleTree(), 2)
    damage(image)
    expect(image.failure()?.code).toBe(code)
  })

  test('that is too deep', () => {
    const tree = deepTree(2048)
    const deepest = '/d'.repeat(2048)
    const leaf = tree.lookupPath(text(deepest)) as number
    tree.addLeaf(leaf, text('x'), PLAIN, { kind: 'fifo' })
    tree.addDirectory(ROOT, text('e'), PLAIN)
    const image = new Damage(tree, 2)
    expect(image.failure()).toBeUndefined()
    // The third entry of the deepest directory becomes the directory that is in the root.
    const third = image.tail(deepest) + 24
    image.view.setUint32(third, image.nid('/e'), true)
    image.view.setUint8(third + 10, 2)
    expect(image.failure()?.code).toBe('ERR_EROFS_TOO_DEEP')
  })
})

describe('xattrs', () => {
  test.each<[string, ErofsErrorCode, string, (damage: Damage) => void]>([
    [
      'of an area too small for the references',
      'ERR_EROFS_BAD_XATTR',
      '/a',
      d => d.view.setUint8(d.xattrs('/a') + 4, 200),
    ],
    [
      'with a reference beyond the image',
      'ERR_EROFS_OUT_OF_RANGE',
      '/a',
      d => d.view.setUint32(d.xattrs('/a') + 12, 0xffff_ffff, true),
    ],
    [
      'with an entry beyond the area',
      'ERR_EROFS_OUT_OF_RANGE',
      '/x',
      d => d.view.setUint16(d.xattrs('/x') + 14, 500, true),
    ],
    [
      'without a name',
      'ERR_EROFS_BAD_XATTR',
      '/x',
      d => d.view.setUint32(d.xattrs('/x') + 12, 0, true),
    ],
    ['with a NUL in a name', 'ERR_EROFS_BAD_XATTR', '/x', d => d.put(d.xattrs('/x') + 16, '\0')],
    ['twice', 'ERR_EROFS_BAD_XATTR', '/x', d => d.put(d.xattrs('/x') + 24, 'aa')],
    [
      'of another algorithm',
      'ERR_EROFS_BAD_OVERLAY',
      '/e',
      d => d.view.setUint8(d.find(digestOf(5).bytes) - 1, 2),
    ],
    [
      'whose redirect is not the digest',
      'ERR_EROFS_BAD_OVERLAY',
      '/e',
      d => d.put(d.find(digestOf(5).objectPath), '06'),
    ],
    [
      'whose redirect is no object',
      'ERR_EROFS_BAD_OVERLAY',
      '/n',
      d => d.put(d.find(digestOf(6).objectPath), 'xy'),
    ],
  ])('%s', (_, code, path, damage) => {
    const image = new Damage(sampleTree(), 2)
    damage(image)
    expect(image.failure()).toEqual({ code, path })
  })

  test('that unfold to far more than the image', () => {
    const values = Object.fromEntries(
      Array.from({ length: 250 }, (_, i) => [`user.${i}`, new Uint8Array(4000)]),
    )
    const tree = new FileTree(SHA256)
    const metadata = withXattrs(values)
    for (let i = 0; i < 200; i++) tree.addLeaf(ROOT, text(`f${i}`), metadata, { kind: 'fifo' })
    const bytes = encodeImage(tree, { version: 2 })
    expect(bytes.length).toBeLessThan(2 ** 21)
    expect(failureOf(() => openImage(bytes).toTree())?.code).toBe('ERR_EROFS_TOO_LARGE')
  })
})

describe('whiteouts', () => {
  const whiteout: LeafContent = { kind: 'chr', rdev: 0 }

  test('with one marker only are files of the tree', () => {
    const tree = new FileTree(SHA256)
    tree.addLeaf(ROOT, text('f'), withXattrs({ 'trusted.overlay.whiteout': '' }), {
      kind: 'inline',
      data: text(''),
    })
    for (const version of [0, 1, 2] as const) {
      const image = openImage(encodeImage(tree, { version }))
      expect(image.toTree().kind(image.toTree().lookup(ROOT, text('f')) as number)).toBe('regular')
    }
  })

  test('that are escaped do not belong into V2', () => {
    const damage = new Damage(treeOf({ f: whiteout }), 1)
    damage.view.setUint32(12, 2, true)
    const image = openImage(damage.bytes)
    const failure = failureOf(() => image.content(image.inode(damage.nid('/f'))))
    expect(failure?.code).toBe('ERR_EROFS_BAD_WHITEOUT')
  })
})

describe('inodes that share bytes', () => {
  test('more than the image has', () => {
    // 70 files whose data is the same block.
    const leaves = Object.fromEntries(
      Array.from({ length: 70 }, (_, i) => [`f${i}`, { kind: 'fifo' } as const]),
    )
    const tree = treeOf({ ...leaves, data: { kind: 'inline', data: new Uint8Array(4096) } })
    const image = new Damage(tree, 1)
    const from = image.inode('/data')
    for (let i = 0; i < 70; i++) {
      image.bytes.copyWithin(image.inode(`/f${i}`), from, from + 32)
    }
    // The root names them files too.
    const root = image.image.inode(image.image.rootNid)
    for (let at = root.firstBlock * 4096; at < image.bytes.length - 12; at += 12) {
      if (image.bytes[at + 10] === 5) image.bytes[at + 10] = 1
    }
    expect(image.failure()?.code).toBe('ERR_EROFS_OVERLAP')
  })
})

test('the objects of an image with broken xattrs of a fifo are not told', () => {
  const damage = new Damage(sampleTree(), 1)
  damage.put(damage.xattrs('/x') + 16, '\0')
  const failure = failureOf(() => openImage(damage.bytes).objects())
  expect(failure).toMatchObject({ code: 'ERR_EROFS_BAD_XATTR', path: '/x' })
})
