import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { type FileTree, walk, writeDump } from '@composefs/tree'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOciError, LayerMerger, type MergeWarning, transformTree } from '../src/index.ts'
import { aTarEntry, type EntryParts } from './tar-entries.ts'

/** Merges layers given as lists of entries; a bare text is a directory with a slash at its end, else a file. */
function merge(
  layers: readonly (readonly (string | EntryParts)[])[],
  options: { strict?: boolean } = {},
): { tree: FileTree; warnings: MergeWarning[] } {
  const warnings: MergeWarning[] = []
  const merger = new LayerMerger(SHA256, { ...options, onWarning: each => warnings.push(each) })
  for (const [index, entries] of layers.entries()) {
    merger.beginLayer({ index, diffId: `sha256:layer${index + 1}` })
    for (const entry of entries) merger.apply(aTarEntry(entry))
  }
  return { tree: merger.finish(), warnings }
}

function paths(tree: FileTree): string[] {
  return [...walk(tree)].slice(1).map(entry => showUtf8(entry.path))
}

function dump(tree: FileTree): string[] {
  return Buffer.concat([...writeDump(tree)])
    .toString()
    .trimEnd()
    .split('\n')
}

test('what is applied gives the inode that its path has then; what is in no tree gives none', () => {
  const merger = new LayerMerger(SHA256)
  const inodeOf = (entry: string | EntryParts) => merger.apply(aTarEntry(entry))
  const inTree = (path: string) => merger.tree.lookupPath(encodeUtf8(path))
  merger.beginLayer({ index: 0, diffId: 'sha256:layer1' })
  for (const path of ['/', 'd/', 'd/x', 'd/x', 'd/y/', 'd/y', 'd/', 'new/parent/z']) {
    expect(inodeOf(path), path).toBe(inTree(path))
  }
  const link: EntryParts = { path: 'link', kind: 'hardlink', target: 'd/x' }
  for (const _ of ['made', 'there already']) expect(inodeOf(link)).toBe(inTree('d/x'))
  merger.beginLayer({ index: 1, diffId: 'sha256:layer2' })
  for (const path of ['d/.wh.x', 'new/.wh..wh..opq', '.wh..wh.plnk/x']) {
    expect(inodeOf(path), path).toBe(undefined)
  }
  expect(inTree('d/x')).toBe(undefined)
})

describe('layers over each other', () => {
  test.each<[string, (string | EntryParts)[][], string[]]>([
    ['a later entry of a name wins', [['a', { path: 'a', kind: 'fifo' }]], ['/a']],
    [
      'a directory keeps its children',
      [['d/', 'd/x'], [{ path: 'd', kind: 'directory', uid: 5 }]],
      ['/d', '/d/x'],
    ],
    ['a file replaces a directory', [['d/', 'd/x'], ['d']], ['/d']],
    ['a directory replaces a file', [['d'], ['d/', 'd/x']], ['/d', '/d/x']],
    ['dots and slashes do not count', [['./a/', './a//b', 'a/./c']], ['/a', '/a/b', '/a/c']],
    ['a whiteout removes a file', [['a', 'b'], ['.wh.a']], ['/b']],
    ['a whiteout removes a directory', [['d/', 'd/x', 'd/y/', 'd/y/z'], ['.wh.d']], []],
    ['a whiteout of nothing', [['a'], ['.wh.b', 'c/.wh.b', 'a/.wh.b']], ['/a']],
    [
      'a whiteout keeps its own layer',
      [
        ['d/', 'd/x'],
        ['a', '.wh.a', 'd/y', '.wh.d'],
      ],
      ['/a', '/d', '/d/y'],
    ],
    [
      'a whiteout before its own layer',
      [
        ['d/', 'd/x'],
        ['.wh.d', 'd/', 'd/y'],
      ],
      ['/d', '/d/y'],
    ],
    [
      'a whiteout as a hard link',
      [['a'], [{ path: '.wh.a', kind: 'hardlink', target: '/nowhere' }]],
      [],
    ],
    ['a whiteout as a directory', [['a'], [{ path: '.wh.a', kind: 'directory' }]], []],
    [
      'an opaque marker',
      [
        ['d/', 'd/x', 'd/y/', 'd/y/z'],
        ['d/a', 'd/.wh..wh..opq', 'd/b'],
      ],
      ['/d', '/d/a', '/d/b'],
    ],
    [
      'an opaque marker keeps what is deep',
      [
        ['d/', 'd/y/', 'd/y/z'],
        ['d/y/own', 'd/.wh..wh..opq'],
      ],
      ['/d', '/d/y', '/d/y/own'],
    ],
    [
      'an opaque marker in the root',
      [
        ['a', 'd/', 'd/x'],
        ['.wh..wh..opq', 'b'],
      ],
      ['/b'],
    ],
    ['an opaque marker nowhere', [['a'], ['b/.wh..wh..opq', 'a/.wh..wh..opq']], ['/a']],
    ['the second layer is below the third', [['a'], ['b'], ['.wh.a', '.wh.b', 'c']], ['/c']],
    ['a name of the layer below comes back', [['a'], ['.wh.a'], ['a']], ['/a']],
    [
      'bookkeeping of AUFS',
      [
        [
          '.wh..wh.plnk/',
          '.wh..wh.plnk/1.2',
          '.wh..wh.aufs',
          'd/',
          'd/.wh..wh.x',
          'd/.wh..wh.y/../z',
        ],
      ],
      ['/d'],
    ],
    [
      'names that look like whiteouts',
      [['.wha', '.WH.x', 'wh.x', 'a.wh.b']],
      ['/.WH.x', '/.wha', '/a.wh.b', '/wh.x'],
    ],
    ['a hard link', [['a', { path: 'b', kind: 'hardlink', target: '/a' }]], ['/a', '/b']],
    [
      'a hard link keeps what a whiteout takes',
      [['a'], [{ path: 'b', kind: 'hardlink', target: '/a' }, '.wh.a']],
      ['/b'],
    ],
    ['a hard link to itself', [['a', { path: 'a', kind: 'hardlink', target: '/./a' }]], ['/a']],
    [
      'a hard link over a directory that holds its target',
      [['d/', 'd/x', { path: 'd', kind: 'hardlink', target: '/d/x' }]],
      ['/d'],
    ],
  ])('%s', (_, layers, expected) => {
    expect(paths(merge(layers).tree)).toEqual(expected)
  })

  test('metadata of the root', () => {
    const { tree } = merge([
      [{ path: '', kind: 'directory', mode: 0o700, uid: 1, gid: 2, mtimeSeconds: -3n }],
    ])
    expect(dump(tree)).toEqual(['/ 0 40700 2 1 2 0 -3.0 - - -'])
  })

  test('contents and metadata', () => {
    const digest = new Digest(SHA256, new Uint8Array(32).fill(0x5a))
    const { tree } = merge([
      [
        { path: 'inline', content: 'hello' },
        { path: 'empty' },
        { path: 'big', digest, size: 100 },
        { path: 'link', kind: 'symlink', target: 'big' },
        { path: 'null', kind: 'chr', major: 1, minor: 3 },
        { path: 'large', kind: 'blk', major: 4095, minor: 1048575 },
        { path: 'whiteout', kind: 'chr' },
        { path: 'fifo', kind: 'fifo', mode: 0o600, mtimeNanoseconds: 5 },
      ],
    ])
    expect(dump(tree)).toEqual([
      '/ 0 40755 2 0 0 0 0.0 - - -',
      `/big 100 100644 1 0 0 0 0.0 5a/${'5a'.repeat(31)} - ${'5a'.repeat(32)}`,
      '/empty 0 100644 1 0 0 0 0.0 - - -',
      '/fifo 0 10600 1 0 0 0 0.5 - - -',
      '/inline 5 100644 1 0 0 0 0.0 - hello -',
      '/large 0 60644 1 0 0 4294967295 0.0 - - -',
      '/link 3 120644 1 0 0 0 0.0 big - -',
      '/null 0 20644 1 0 0 259 0.0 - - -',
      '/whiteout 0 20644 1 0 0 0 0.0 - - -',
    ])
  })

  test('a directory that stays for names of its own layer is as one that no entry describes', () => {
    const lower: EntryParts = { path: 'd', kind: 'directory', mode: 0o700, uid: 7 }
    expect(dump(merge([[lower], ['d/x', '.wh.d']]).tree)[1]).toBe('/d 0 40755 2 0 0 0 0.0 - - -')
    expect(dump(merge([[lower], ['.wh.d', 'd/x']]).tree)[1]).toBe('/d 0 40755 2 0 0 0 0.0 - - -')
    expect(dump(merge([[lower], [lower, 'd/x', '.wh.d']]).tree)[1]).toBe(
      '/d 0 40700 2 7 0 0 0.0 - - -',
    )
    expect(dump(merge([[lower], ['d/x', 'd/.wh..wh..opq']]).tree)[1]).toBe(
      '/d 0 40700 2 7 0 0 0.0 - - -',
    )
  })
})

describe('warnings', () => {
  test.each<[string, (string | EntryParts)[][], string[]]>([
    ['a missing parent', [['a/b/c']], ['missing-parent /a/b/c']],
    ['a whiteout after its own layer', [['a'], ['a', '.wh.a']], ['whiteout-kept-own-layer /.wh.a']],
    [
      'an opaque marker after its own layer',
      [['d/'], ['d/x', 'd/.wh..wh..opq']],
      ['whiteout-kept-own-layer /d/.wh..wh..opq'],
    ],
    [
      'a directory before its opaque marker is usual',
      [['d/'], ['d/', 'd/.wh..wh..opq', 'd/x']],
      [],
    ],
    [
      'a whiteout of lower layers is usual',
      [
        ['a', 'd/', 'd/x'],
        ['.wh.a', '.wh.d'],
      ],
      [],
    ],
  ])('%s', (_, layers, expected) => {
    const { warnings } = merge(layers)
    expect(warnings.map(each => `${each.kind} ${each.entry}`)).toEqual(expected)
    for (const each of warnings) {
      expect(each.message).toContain(
        `layer ${layers.length} (sha256:layer${layers.length}): ${each.entry}: `,
      )
    }
  })
})

describe('refuses', () => {
  const long = 'x'.repeat(256)
  const digest = new Uint8Array(65536)
  test.each<[string, string | EntryParts, string]>([
    ['.. in a path', 'a/../b', 'ERR_OCI_TREE_BAD_PATH'],
    ['.. at the end', { path: 'a/..', kind: 'directory' }, 'ERR_OCI_TREE_BAD_PATH'],
    ['.. in a whiteout', 'a/../.wh.b', 'ERR_OCI_TREE_BAD_PATH'],
    [
      '.. in a hard link target',
      { path: 'x', kind: 'hardlink', target: '/d/../f' },
      'ERR_OCI_TREE_BAD_PATH',
    ],
    ['a file as the root', { path: '.' }, 'ERR_OCI_TREE_BAD_PATH'],
    [
      'a hard link as the root',
      { path: '', kind: 'hardlink', target: '/f' },
      'ERR_OCI_TREE_BAD_PATH',
    ],
    ['a whiteout of no name', 'd/.wh.', 'ERR_OCI_TREE_BAD_WHITEOUT'],
    ['a whiteout of .', 'd/.wh..', 'ERR_OCI_TREE_BAD_WHITEOUT'],
    ['a whiteout of ..', 'd/.wh...', 'ERR_OCI_TREE_BAD_WHITEOUT'],
    ['a path through a file', 'f/x', 'ERR_OCI_TREE_NOT_A_DIRECTORY'],
    ['a path through a symlink', 's/x', 'ERR_OCI_TREE_NOT_A_DIRECTORY'],
    ['a whiteout through a symlink', 's/.wh.x', 'ERR_OCI_TREE_NOT_A_DIRECTORY'],
    ['an opaque marker through a symlink', 's/y/.wh..wh..opq', 'ERR_OCI_TREE_NOT_A_DIRECTORY'],
    ['a long name', long, 'ERR_OCI_TREE_NAME_TOO_LONG'],
    ['a long name of a missing parent', `${long}/x`, 'ERR_OCI_TREE_NAME_TOO_LONG'],
    [
      'a long name of a hard link',
      { path: long, kind: 'hardlink', target: '/f' },
      'ERR_OCI_TREE_NAME_TOO_LONG',
    ],
    [
      'a hard link to nothing',
      { path: 'x', kind: 'hardlink', target: '/y' },
      'ERR_OCI_TREE_MISSING_HARDLINK_TARGET',
    ],
    [
      'a hard link below a file',
      { path: 'x', kind: 'hardlink', target: '/f/y' },
      'ERR_OCI_TREE_MISSING_HARDLINK_TARGET',
    ],
    [
      'a hard link to itself, which is not there',
      { path: 'x', kind: 'hardlink', target: '/x' },
      'ERR_OCI_TREE_MISSING_HARDLINK_TARGET',
    ],
    [
      'a hard link through a symlink',
      { path: 'x', kind: 'hardlink', target: '/s/f' },
      'ERR_OCI_TREE_MISSING_HARDLINK_TARGET',
    ],
    [
      'a hard link to a directory',
      { path: 'x', kind: 'hardlink', target: '/d' },
      'ERR_OCI_TREE_HARDLINK_TO_DIRECTORY',
    ],
    [
      'a hard link to the root',
      { path: 'x', kind: 'hardlink', target: '/' },
      'ERR_OCI_TREE_HARDLINK_TO_DIRECTORY',
    ],
    ['an empty symlink', { path: 'x', kind: 'symlink', target: '' }, 'ERR_OCI_TREE_EMPTY_SYMLINK'],
    [
      'a long symlink',
      { path: 'x', kind: 'symlink', target: 'x'.repeat(4096) },
      'ERR_OCI_TREE_SYMLINK_TOO_LONG',
    ],
    ['a large major', { path: 'x', kind: 'chr', major: 4096 }, 'ERR_OCI_TREE_BAD_DEVICE'],
    ['a large minor', { path: 'x', kind: 'blk', minor: 1048576 }, 'ERR_OCI_TREE_BAD_DEVICE'],
    [
      'a long xattr',
      { path: 'x', xattrs: [{ name: encodeUtf8('user.x'), value: digest }] },
      'ERR_OCI_TREE_XATTR_TOO_LONG',
    ],
    ['a deep path', `${'d/'.repeat(2049)}x`, 'ERR_OCI_TREE_TOO_DEEP'],
    ['a NUL in a name', { path: 'x\0y' }, 'ERR_OCI_TREE_BAD_PATH'],
  ])('%s', (_, entry, code) => {
    const lower = ['d/', 'f', { path: 's', kind: 'symlink' as const, target: 'd' }]
    let error: unknown
    try {
      merge([lower, [entry]])
    } catch (caught) {
      error = caught
    }
    if (!isOciError(error)) throw error
    expect(error.code).toBe(code)
    expect(error.facts).toMatchObject({ layer: 2, diffId: 'sha256:layer2' })
    expect(error.message).toContain(`layer 2 (sha256:layer2): ${error.facts.entry}: `)
  })

  test.each<[string, (string | EntryParts)[][]]>([
    ['a missing parent', [['a/b']]],
    ['a directory that would stay for its own layer', [['a/'], ['a/b', '.wh.a']]],
    [
      'one below it',
      [
        ['a/', 'a/b/'],
        ['a/b/c', 'a/.wh..wh..opq'],
      ],
    ],
  ])('%s when strict', (_, layers) => {
    expect(() => merge(layers, { strict: true })).toThrow(
      expect.toSatisfy(error => isOciError(error, 'ERR_OCI_TREE_MISSING_PARENT')),
    )
  })
})

describe('many missing parents', () => {
  test('of a small blob do not fill the memory', () => {
    const deep = '/d'.repeat(2000)
    const entries = Array.from({ length: 600 }, (_, i) => `${i}${deep}/x`)
    expect(() => merge([entries])).toThrow(
      expect.objectContaining({
        code: 'ERR_OCI_TREE_TOO_LARGE',
        message: expect.stringContaining('more than 1048576 directories'),
      }),
    )
  })
})

describe('many whiteouts', () => {
  test('nested opaque markers cost no more than the tree is large', () => {
    const depth = 300
    const directories = Array.from({ length: depth }, (_, i) => `${'d/'.repeat(i + 1)}`)
    const files = directories.flatMap(path => Array.from({ length: 10 }, (_, i) => `${path}f${i}`))
    const markers = directories.toReversed().map(path => `${path}.wh..wh..opq`)
    const { tree } = merge([
      [...directories, ...files],
      [...files, ...markers, ...markers],
    ])
    expect(tree.inodeCount).toBe(1 + depth * 11)
  })
})

// What the OCI image specification says, without any cleverness: lower layers first lose what the layer hides, then
// the layer's own entries are put.
describe('any layers', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
  const entry = fc.oneof(
    path.map(each => `${each}/`),
    path,
    fc.tuple(path, fc.constantFrom('.wh.a', '.wh.b', '.wh..wh..opq')).map(parts => parts.join('/')),
    fc.constantFrom('.wh.a', '.wh.b', '.wh..wh..opq'),
  )
  const layer = fc.array(entry, { maxLength: 12 })

  /** Directories get an owner, so that one that no entry describes is not the same. */
  function entriesOf(layer: readonly string[], uid: number): (string | EntryParts)[] {
    return layer.map(each =>
      each.endsWith('/') ? { path: each.slice(0, -1), kind: 'directory', uid } : each,
    )
  }

  function isHiding(entry: string): boolean {
    return (entry.split('/').at(-1) ?? '').startsWith('.wh.')
  }

  test('give the same names wherever their whiteouts stand', () => {
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 3 }), layers => {
        const first = layers.map(entries => [
          ...entries.filter(isHiding),
          ...entries.filter(each => !isHiding(each)),
        ])
        let inOrder: FileTree
        let hidingFirst: FileTree
        try {
          inOrder = merge(layers.map((each, i) => entriesOf(each, i + 1))).tree
          hidingFirst = merge(first.map((each, i) => entriesOf(each, i + 1))).tree
        } catch (error) {
          // A file where another entry needs a directory; with the whiteouts elsewhere it may be gone in time.
          if (isOciError(error, 'ERR_OCI_TREE_NOT_A_DIRECTORY')) return
          throw error
        }
        expect(dump(inOrder)).toEqual(dump(hidingFirst))
      }),
      { numRuns: 500 },
    )
  })

  test('are the same however their paths are written', () => {
    const kind = fc.constantFrom('directory' as const, 'regular' as const, 'hardlink' as const)
    const part = fc.record({
      path: entry,
      kind,
      target: path,
      slashes: fc.integer({ min: 1, max: 3 }),
    })
    const parts = fc.array(fc.array(part, { maxLength: 12 }), { maxLength: 3 })
    const outcome = (layers: readonly (readonly EntryParts[])[]): unknown => {
      try {
        return dump(merge(layers).tree)
      } catch (error) {
        if (isOciError(error)) return error.code
        throw error
      }
    }
    fc.assert(
      fc.property(parts, layers => {
        const plain = layers.map(each =>
          each.map(({ path, kind, target }) => ({
            path: path.replace(/\/$/, ''),
            kind,
            ...(kind === 'hardlink' && { target }),
          })),
        )
        // No two in a row begin with the same bytes: nothing that is known of one helps with the next.
        const odd = plain.map((each, layer) =>
          each.map((fields, i) => {
            const slashes = '/'.repeat(layers[layer]?.[i]?.slashes ?? 1)
            return {
              ...fields,
              path: `${'./'.repeat(1 + (i % 2))}${fields.path.replaceAll('/', slashes)}`,
            }
          }),
        )
        expect(outcome(odd)).toEqual(outcome(plain))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the transform', () => {
  const cap = { name: encodeUtf8('security.capability'), value: encodeUtf8('c') }
  const user = { name: encodeUtf8('user.x'), value: encodeUtf8('u') }
  const label = { name: encodeUtf8('security.selinux'), value: encodeUtf8('l') }
  const usr: EntryParts = {
    path: 'usr',
    kind: 'directory',
    mode: 0o711,
    uid: 1,
    gid: 2,
    mtimeSeconds: 9n,
    mtimeNanoseconds: 8,
    xattrs: [user, cap, label],
  }
  const run: EntryParts = {
    path: 'run',
    kind: 'directory',
    mode: 0o700,
    uid: 3,
    gid: 4,
    mtimeSeconds: 5n,
    mtimeNanoseconds: 6,
  }

  test('takes the root from /usr and empties /run', () => {
    const { tree } = merge([
      [
        usr,
        run,
        'run/x',
        'run/d/',
        'run/d/y',
        { path: 'kept', kind: 'hardlink', target: '/run/x' },
      ],
    ])
    transformTree(tree, { xattrs: 'allowlist-only' })
    expect(dump(tree)).toEqual([
      '/ 0 40711 4 1 2 0 9.8 - - - security.capability=c',
      '/kept 0 100644 1 0 0 0 0.0 - - -',
      '/run 0 40700 2 3 4 0 9.8 - - -',
      '/usr 0 40711 2 1 2 0 9.8 - - - security.capability=c',
    ])
  })

  test('keeps user xattrs when asked', () => {
    const { tree } = merge([[usr]])
    transformTree(tree, { xattrs: 'keep-user-xattrs' })
    expect(dump(tree)[0]).toBe('/ 0 40711 3 1 2 0 9.8 - - - security.capability=c user.x=u')
  })

  test.each<[string, EntryParts[]]>([
    ['no /usr', []],
    ['/usr a symlink', [{ path: 'usr', kind: 'symlink', target: 'x' }]],
  ])('leaves root and /run alone: %s', (_, entries) => {
    const notices: string[] = []
    const { tree } = merge([
      [{ path: '', kind: 'directory', mode: 0o750, xattrs: [label] }, run, 'run/x', ...entries],
    ])
    transformTree(tree, { xattrs: 'allowlist-only', onNotice: notice => notices.push(notice) })
    expect(dump(tree)[0]).toBe('/ 0 40750 3 0 0 0 0.0 - - -')
    expect(paths(tree)).toContain('/run/x')
    expect(notices).toHaveLength(1)
  })

  test('leaves /run alone that is no directory', () => {
    const { tree } = merge([[usr, { path: 'run', kind: 'symlink', target: 'x' }]])
    transformTree(tree, { xattrs: 'allowlist-only' })
    expect(dump(tree)[1]).toBe('/run 1 120644 1 0 0 0 0.0 x - -')
  })
})
