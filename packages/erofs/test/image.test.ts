import { showUtf8 } from '@composefs/bytes'
import { type Digest, SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { type ErofsImage, type ErofsVersion, encodeImage, openImage } from '../src/index.ts'
import { digestOf, PLAIN, text, withXattrs } from './trees.ts'

const NAMED = 'objects/ab.file'

function sampleTree(version: ErofsVersion): FileTree {
  const tree = new FileTree(SHA256, { ...PLAIN, mode: 0o755, mtimeSeconds: 5n })
  const usr = tree.addDirectory(ROOT, text('usr'), withXattrs({ 'user.a': '1' }))
  const motd = tree.addLeaf(usr, text('motd'), PLAIN, { kind: 'inline', data: text('hello') })
  tree.link(ROOT, text('again'), motd)
  tree.addLeaf(usr, text('link'), PLAIN, { kind: 'symlink', target: text('motd') })
  tree.addLeaf(usr, text('null'), PLAIN, { kind: 'chr', rdev: 259 })
  tree.addLeaf(usr, text('gone'), withXattrs({ 'user.why': 'x' }), { kind: 'chr', rdev: 0 })
  tree.addLeaf(usr, text('big'), withXattrs({ 'trusted.overlay.metacopy': 'mine' }), {
    kind: 'external',
    digest: digestOf(7),
    size: 2 ** 40,
  })
  tree.addLeaf(usr, text('loose'), PLAIN, {
    kind: 'external-no-verity',
    object: digestOf(3),
    size: 100,
  })
  tree.addLeaf(usr, text('holes'), PLAIN, { kind: 'sparse', size: 4096 })
  if (version !== 2) {
    tree.addLeaf(usr, text('named'), PLAIN, {
      kind: 'external',
      digest: digestOf(9),
      size: 5,
      payload: text(NAMED),
    })
  }
  return tree
}

function sample(version: ErofsVersion): ErofsImage {
  return openImage(encodeImage(sampleTree(version), { version }))
}

function at(image: ErofsImage, path: string) {
  const inode = image.lookup(text(path))
  if (inode === undefined) throw new RangeError(`no ${path}`)
  return inode
}

describe.each([0, 1, 2] as const)('random access to a V%i image', version => {
  const image = sample(version)

  test.each([
    ['/usr/motd', { kind: 'inline', data: text('hello') }],
    ['//usr///motd/', { kind: 'inline', data: text('hello') }],
    ['again', { kind: 'inline', data: text('hello') }],
    ['/usr/link', { kind: 'symlink', target: text('motd') }],
    ['/usr/null', { kind: 'chr', rdev: 259 }],
    ['/usr/gone', { kind: 'chr', rdev: 0 }],
    ['/usr/big', { kind: 'external', digest: digestOf(7), size: 2 ** 40 }],
    ['/usr/loose', { kind: 'external-no-verity', object: digestOf(3), size: 100 }],
    ['/usr/holes', { kind: 'sparse', size: 4096 }],
  ])('content of %s', (path, content) => {
    expect(image.content(at(image, path))).toEqual(content)
  })

  test.each(['/none', '/usr/motd/x', '/usr/..', '/.', '/usr/mot', '/usr/motd2'])(
    'there is no %s',
    path => {
      expect(image.lookup(text(path))).toBeUndefined()
    },
  )

  test('the root by its path', () => {
    expect(image.lookup(text('/'))?.nid).toBe(image.rootNid)
    expect(image.inode(image.rootNid).nlink).toBe(3)
  })

  test('metadata is that of the tree', () => {
    const tree = image.toTree()
    for (const { inode, isStub, path } of image.walk()) {
      if (isStub) continue
      const own = tree.lookupPath(path())
      expect(own).toBeDefined()
      expect(image.metadata(inode)).toEqual(tree.metadata(own as number))
    }
  })

  test('xattrs of the image are not those of the tree', () => {
    const big = at(image, '/usr/big')
    const names = image.xattrs(big).map(xattr => showUtf8(xattr.name))
    expect(names.sort()).toEqual([
      'trusted.overlay.metacopy',
      'trusted.overlay.overlay.metacopy',
      'trusted.overlay.redirect',
    ])
    expect(image.metadata(big).xattrs).toEqual([
      { name: text('trusted.overlay.metacopy'), value: text('mine') },
    ])
  })

  test('objects are every digest and every path, in order', () => {
    const expected = version === 2 ? [3, 7] : [3, 7, 9]
    expect(image.objects()).toEqual(expected.map(digestOf))
  })

  test('a directory lists its names in order', () => {
    const names = [...image.readDirectory(at(image, '/usr'))].map(entry => showUtf8(entry.name))
    const all = ['big', 'gone', 'holes', 'link', 'loose', 'motd', 'named', 'null']
    expect(names).toEqual(version === 2 ? all.filter(name => name !== 'named') : all)
  })

  test('a directory has no content, a file no entries', () => {
    expect(() => image.content(at(image, '/usr'))).toThrow(RangeError)
    expect(() => [...image.readDirectory(at(image, '/usr/motd'))]).toThrow('not a directory')
  })
})

describe('a redirect beside a digest', () => {
  test('is kept as payload in V1', () => {
    const image = sample(1)
    const content = { kind: 'external', digest: digestOf(9), size: 5, payload: text(NAMED) }
    expect(image.content(at(image, '/usr/named'))).toEqual(content)
  })

  test('of another algorithm is an object all the same', () => {
    const tree = new FileTree(SHA256)
    const path = `de/${'ad'.repeat(63)}`
    tree.addLeaf(ROOT, text('f'), PLAIN, {
      kind: 'external-no-verity',
      size: 1,
      payload: text(`objects/${path}`),
    })
    const objects = openImage(encodeImage(tree, { version: 1 })).objects()
    expect(objects.map((object: Digest) => object.toString())).toEqual([
      `sha512:de${'ad'.repeat(63)}`,
    ])
  })
})
