import { compareBytes, encodeUtf8, showUtf8 } from '@composefs/bytes'
import { Digest, SHA256, SHA512 } from '@composefs/fsverity'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ContentCode,
  FileTree,
  type Inode,
  isTreeError,
  type LeafContent,
  type Metadata,
  ROOT,
  walk,
} from '../src/index.ts'

const metadata: Metadata = {
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtimeSeconds: -5n,
  mtimeNanoseconds: 7,
  xattrs: [],
}
const inline: LeafContent = { kind: 'inline', data: encodeUtf8('data') }
const digest = new Digest(SHA256, new Uint8Array(32).fill(0x5a))

function names(tree: FileTree, directory: Inode): string[] {
  return [...tree.entries(directory)].map(entry => showUtf8(entry.name))
}

function paths(tree: FileTree): string[] {
  return [...walk(tree)].map(entry => showUtf8(entry.path))
}

describe('a tree', () => {
  test('has a root of its own', () => {
    const tree = new FileTree(SHA256)
    expect(tree.inodeCount).toBe(1)
    expect(tree.metadata(ROOT)).toEqual({
      ...metadata,
      mode: 0o755,
      uid: 0,
      gid: 0,
      mtimeSeconds: 0n,
      mtimeNanoseconds: 0,
    })
    expect(tree.nlink(ROOT)).toBe(2)
    expect(tree.parent(ROOT)).toBe(ROOT)
    expect(showUtf8(tree.directoryPath(ROOT))).toBe('/')
  })

  test('gives back the metadata of a leaf', () => {
    const tree = new FileTree(SHA256)
    const all: Metadata = {
      mode: 0o7777,
      uid: 2 ** 32 - 1,
      gid: 2 ** 31,
      mtimeSeconds: -(2n ** 63n),
      mtimeNanoseconds: 999_999_999,
      xattrs: [
        { name: encodeUtf8('user.b'), value: new Uint8Array(65535) },
        { name: encodeUtf8('user.a'), value: new Uint8Array(0) },
      ],
    }
    const leaf = tree.addLeaf(ROOT, encodeUtf8('f'), all, inline)
    expect(tree.metadata(leaf)).toEqual({ ...all, xattrs: all.xattrs.toReversed() })
    tree.setMetadata(leaf, { ...all, mtimeSeconds: 2n ** 63n - 1n })
    expect(tree.mtimeSeconds(leaf)).toBe(2n ** 63n - 1n)
    tree.setXattrs(leaf, [])
    expect(tree.xattrs(leaf)).toEqual([])
  })

  test.each<[LeafContent, string, number]>([
    [{ kind: 'inline', data: new Uint8Array(0) }, 'regular', 0],
    [inline, 'regular', 4],
    [{ kind: 'sparse', size: 2 ** 53 }, 'regular', 2 ** 53],
    [{ kind: 'external', digest, size: 65 }, 'regular', 65],
    [{ kind: 'external', digest, size: 65, payload: encodeUtf8('x') }, 'regular', 65],
    [{ kind: 'external-no-verity', object: digest, size: 65 }, 'regular', 65],
    [{ kind: 'external-no-verity', payload: encodeUtf8('x'), size: 65 }, 'regular', 65],
    [{ kind: 'symlink', target: encodeUtf8('x/y') }, 'symlink', 3],
    [{ kind: 'chr', rdev: 0 }, 'chr', 0],
    [{ kind: 'blk', rdev: 2 ** 32 - 1 }, 'blk', 0],
    [{ kind: 'fifo' }, 'fifo', 0],
    [{ kind: 'socket' }, 'socket', 0],
  ])('gives back %o', (content, kind, size) => {
    const tree = new FileTree(SHA256)
    const leaf = tree.addLeaf(ROOT, encodeUtf8('leaf'), metadata, content)
    expect(tree.content(leaf)).toEqual(content)
    expect(tree.kind(leaf)).toBe(kind)
    expect(tree.size(leaf)).toBe(size)
    expect(tree.rdev(leaf)).toBe('rdev' in content ? content.rdev : 0)
  })

  test('keeps names in bytes order, however they come', () => {
    const tree = new FileTree(SHA256)
    const directory = tree.addDirectory(ROOT, encodeUtf8('d'), metadata)
    for (const name of ['b', 'a', 'ab', 'c'])
      tree.addLeaf(directory, encodeUtf8(name), metadata, inline)
    expect(names(tree, directory)).toEqual(['a', 'ab', 'b', 'c'])
    tree.addLeaf(directory, encodeUtf8('aa'), metadata, inline)
    expect(names(tree, directory)).toEqual(['a', 'aa', 'ab', 'b', 'c'])
    tree.remove(directory, encodeUtf8('ab'))
    tree.remove(directory, encodeUtf8('c'))
    tree.remove(directory, encodeUtf8('a'))
    expect(names(tree, directory)).toEqual(['aa', 'b'])
  })

  test('counts links', () => {
    const tree = new FileTree(SHA256)
    const a = tree.addDirectory(ROOT, encodeUtf8('a'), metadata)
    const b = tree.addDirectory(a, encodeUtf8('b'), metadata)
    const leaf = tree.addLeaf(b, encodeUtf8('leaf'), metadata, inline)
    tree.link(ROOT, encodeUtf8('other'), leaf)
    expect([tree.nlink(ROOT), tree.nlink(a), tree.nlink(b), tree.nlink(leaf)]).toEqual([3, 3, 2, 2])
    expect(tree.inodeCount).toBe(4)
    expect(tree.remove(a, encodeUtf8('b'))).toBe(true)
    expect([tree.nlink(a), tree.nlink(leaf)]).toEqual([2, 1])
    expect(tree.inodeCount).toBe(3)
    expect(tree.lookupPath(encodeUtf8('/other'))).toBe(leaf)
    tree.clear(ROOT)
    expect(tree.inodeCount).toBe(1)
    expect(paths(tree)).toEqual(['/'])
    expect(() => tree.nlink(leaf)).toThrow(RangeError)
    expect(tree.remove(ROOT, encodeUtf8('a'))).toBe(false)
  })

  test('finds paths', () => {
    const tree = new FileTree(SHA256)
    const usr = tree.addDirectory(ROOT, encodeUtf8('usr'), metadata)
    const bin = tree.addDirectory(usr, encodeUtf8('bin'), metadata)
    const tool = tree.addLeaf(bin, encodeUtf8('tool'), metadata, inline)
    expect(tree.lookupPath(encodeUtf8('/usr/bin/tool'))).toBe(tool)
    expect(tree.lookupPath(encodeUtf8('usr//bin/'))).toBe(bin)
    expect(tree.lookupPath(encodeUtf8('/'))).toBe(ROOT)
    expect(tree.lookupPath(encodeUtf8('/usr/bin/tool/x'))).toBeUndefined()
    expect(tree.lookupPath(encodeUtf8('/usr/../usr'))).toBeUndefined()
    expect(showUtf8(tree.directoryPath(bin))).toBe('/usr/bin')
    expect(tree.parent(bin)).toBe(usr)
  })

  test('walks depth first and names hard links by their first name', () => {
    const tree = new FileTree(SHA256)
    const b = tree.addDirectory(ROOT, encodeUtf8('b'), metadata)
    const leaf = tree.addLeaf(b, encodeUtf8('leaf'), metadata, inline)
    tree.link(ROOT, encodeUtf8('a'), leaf)
    tree.link(ROOT, encodeUtf8('c'), leaf)
    expect(
      [...walk(tree)].map(entry => [
        showUtf8(entry.path),
        entry.isFirstName,
        showUtf8(entry.firstPath),
        showUtf8(entry.name),
      ]),
    ).toEqual([
      ['/', true, '/', ''],
      ['/a', true, '/a', 'a'],
      ['/b', true, '/b', 'b'],
      ['/b/leaf', false, '/a', 'leaf'],
      ['/c', false, '/a', 'c'],
    ])
  })

  test.each([
    ['', 'ERR_TREE_BAD_NAME'],
    ['.', 'ERR_TREE_BAD_NAME'],
    ['..', 'ERR_TREE_BAD_NAME'],
    ['a/b', 'ERR_TREE_BAD_NAME'],
    ['a\0', 'ERR_TREE_BAD_NAME'],
    ['x'.repeat(256), 'ERR_TREE_BAD_NAME'],
    ['there', 'ERR_TREE_EXISTS'],
  ] as const)('refuses the name %j', (name, code) => {
    const tree = new FileTree(SHA256)
    const leaf = tree.addLeaf(ROOT, encodeUtf8('there'), metadata, inline)
    for (const add of [
      () => tree.addDirectory(ROOT, encodeUtf8(name), metadata),
      () => tree.addLeaf(ROOT, encodeUtf8(name), metadata, inline),
      () => tree.link(ROOT, encodeUtf8(name), leaf),
    ]) {
      expect(add).toThrow(expect.toSatisfy(error => isTreeError(error, code)))
    }
    expect(paths(tree)).toEqual(['/', '/there'])
    expect([tree.nlink(ROOT), tree.inodeCount]).toEqual([2, 2])
  })

  test.each<[string, Partial<Metadata>, LeafContent, string]>([
    ['mode', { mode: 0o10000 }, inline, 'ERR_TREE_BAD_METADATA'],
    ['uid', { uid: 2 ** 32 }, inline, 'ERR_TREE_BAD_METADATA'],
    ['gid', { gid: -1 }, inline, 'ERR_TREE_BAD_METADATA'],
    ['seconds', { mtimeSeconds: 2n ** 63n }, inline, 'ERR_TREE_BAD_METADATA'],
    ['nanoseconds', { mtimeNanoseconds: 1e9 }, inline, 'ERR_TREE_BAD_METADATA'],
    [
      'xattr name',
      { xattrs: [{ name: new Uint8Array(0), value: digest.bytes }] },
      inline,
      'ERR_TREE_BAD_XATTR',
    ],
    [
      'xattr name length',
      { xattrs: [{ name: new Uint8Array(256).fill(65), value: digest.bytes }] },
      inline,
      'ERR_TREE_BAD_XATTR',
    ],
    [
      'xattr value length',
      { xattrs: [{ name: encodeUtf8('a'), value: new Uint8Array(65536) }] },
      inline,
      'ERR_TREE_BAD_XATTR',
    ],
    [
      'xattr twice',
      {
        xattrs: [
          { name: encodeUtf8('a'), value: digest.bytes },
          { name: encodeUtf8('a'), value: digest.bytes },
        ],
      },
      inline,
      'ERR_TREE_BAD_XATTR',
    ],
    ['size', {}, { kind: 'sparse', size: 2 ** 53 + 2 }, 'ERR_TREE_BAD_CONTENT'],
    [
      'digest',
      {},
      { kind: 'external', digest: new Digest(SHA512, new Uint8Array(64)), size: 1 },
      'ERR_TREE_BAD_CONTENT',
    ],
    ['object', {}, { kind: 'external-no-verity', size: 1 }, 'ERR_TREE_BAD_CONTENT'],
    ['target', {}, { kind: 'symlink', target: new Uint8Array(0) }, 'ERR_TREE_BAD_CONTENT'],
    ['device', {}, { kind: 'chr', rdev: 2 ** 32 }, 'ERR_TREE_BAD_CONTENT'],
  ])('refuses a bad %s and stays as it was', (_, part, content, code) => {
    const tree = new FileTree(SHA256)
    expect(() => tree.addLeaf(ROOT, encodeUtf8('x'), { ...metadata, ...part }, content)).toThrow(
      expect.toSatisfy(error => isTreeError(error) && error.code === code),
    )
    expect(paths(tree)).toEqual(['/'])
  })

  test('refuses to link a directory and to add below a file', () => {
    const tree = new FileTree(SHA256)
    const directory = tree.addDirectory(ROOT, encodeUtf8('d'), metadata)
    const leaf = tree.addLeaf(ROOT, encodeUtf8('f'), metadata, inline)
    expect(() => tree.link(ROOT, encodeUtf8('x'), directory)).toThrow(/hard link to a directory/)
    expect(() => tree.addLeaf(leaf, encodeUtf8('x'), metadata, inline)).toThrow(/not a directory/)
    expect(() => tree.content(directory)).toThrow(RangeError)
  })

  test('shares equal sets of xattrs', () => {
    const tree = new FileTree(SHA256)
    const a = { name: encodeUtf8('a'), value: encodeUtf8('1') }
    const b = { name: encodeUtf8('b'), value: encodeUtf8('2') }
    const one = tree.addLeaf(ROOT, encodeUtf8('1'), { ...metadata, xattrs: [a, b] }, inline)
    const two = tree.addLeaf(ROOT, encodeUtf8('2'), { ...metadata, xattrs: [b, a] }, inline)
    const view = tree.view()
    expect(view.xattrSet[one]).toBe(view.xattrSet[two])
    expect(view.xattrSetLimit).toBe(2)
    expect(view.xattrs(1)).toEqual([a, b])
  })
})

// The simplest tree there is, to compare with.
interface Model {
  inode: Inode
  children: Map<string, Model> | undefined
}

describe('any sequence of changes', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'ab', '-', '\u{ff}')
  const path = fc.array(name, { minLength: 1, maxLength: 4 })
  const step = fc.oneof(
    fc.record({ do: fc.constant('directory' as const), path }),
    fc.record({ do: fc.constant('leaf' as const), path }),
    fc.record({ do: fc.constant('link' as const), path, target: path }),
    fc.record({ do: fc.constant('remove' as const), path }),
    fc.record({ do: fc.constant('clear' as const), path }),
  )

  function find(model: Model, path: readonly string[]): Model | undefined {
    let at: Model | undefined = model
    for (const part of path) at = at?.children?.get(part)
    return at
  }

  function list(model: Model, path = ''): [string, Inode][] {
    const below = [...(model.children ?? [])].sort((a, b) =>
      compareBytes(encodeUtf8(a[0]), encodeUtf8(b[0])),
    )
    return [
      [path === '' ? '/' : path, model.inode],
      ...below.flatMap(([name, child]) => list(child, `${path}/${name}`)),
    ]
  }

  test('gives the same tree as maps of maps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const tree = new FileTree(SHA256)
        const model: Model = { inode: ROOT, children: new Map() }
        for (const step of steps) {
          const parent = find(model, step.path.slice(0, -1))
          if (parent?.children === undefined) continue
          const name = step.path.at(-1) ?? ''
          const old = parent.children.get(name)
          const bytes = encodeUtf8(name)
          if (step.do === 'remove') {
            expect(tree.remove(parent.inode, bytes)).toBe(parent.children.delete(name))
          } else if (step.do === 'clear') {
            tree.clear(parent.inode)
            parent.children.clear()
          } else if (old !== undefined) {
            expect(tree.lookup(parent.inode, bytes)).toBe(old.inode)
          } else if (step.do === 'directory') {
            const inode = tree.addDirectory(parent.inode, bytes, metadata)
            parent.children.set(name, { inode, children: new Map() })
          } else if (step.do === 'leaf') {
            const inode = tree.addLeaf(parent.inode, bytes, metadata, inline)
            parent.children.set(name, { inode, children: undefined })
          } else {
            const target = find(model, step.target)
            if (target === undefined || target.children !== undefined) continue
            tree.link(parent.inode, bytes, target.inode)
            parent.children.set(name, { inode: target.inode, children: undefined })
          }
        }
        const expected = list(model)
        expect([...walk(tree)].map(entry => [showUtf8(entry.path), entry.inode])).toEqual(expected)
        expect(tree.inodeCount).toBe(new Set(expected.map(([, inode]) => inode)).size)
        const links = new Map<Inode, number>()
        for (const [, inode] of expected) links.set(inode, (links.get(inode) ?? 0) + 1)
        for (const [path, inode] of expected) {
          const directory = find(
            model,
            path.split('/').filter(part => part !== ''),
          )?.children
          const below = [...(directory?.values() ?? [])].filter(child => child.children).length
          expect(tree.nlink(inode)).toBe(directory === undefined ? links.get(inode) : 2 + below)
          expect(tree.lookupPath(encodeUtf8(path))).toBe(inode)
        }
      }),
    )
  })
})

describe('the view', () => {
  test('lists directories in order by numbers', () => {
    const tree = new FileTree(SHA256)
    for (const name of ['c', 'a', 'b']) tree.addLeaf(ROOT, encodeUtf8(name), metadata, inline)
    const removed = tree.lookup(ROOT, encodeUtf8('a')) ?? -1
    tree.remove(ROOT, encodeUtf8('a'))
    const view = tree.view()
    const found: string[] = []
    for (let name = view.firstName[ROOT] ?? 0; name !== 0; name = view.nextName[name] ?? 0) {
      const at = view.nameOffset[name] ?? 0
      found.push(showUtf8(view.nameBytes.subarray(at, at + (view.nameLength[name] ?? 0))))
    }
    expect(found).toEqual(['b', 'c'])
    expect(view.content[removed]).toBe(ContentCode.removed)
    expect([view.inodeCount, view.inodeLimit]).toEqual([3, 4])
  })
})
