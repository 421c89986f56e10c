import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { fsverityDigest, SHA256 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import { explainTrees, parseDump, TREE_RULES } from '../../src/index.ts'

const SMALL = 'hello'
const HEX = fsverityDigest(encodeUtf8(SMALL), { algorithm: SHA256 }).hex
const OBJECT = `${HEX.slice(0, 2)}/${HEX.slice(2)}`

/** Of a tree as it comes out of the transform, with what the rules look at. */
const LINES = {
  root: '/ 0 40755 7 0 0 0 100.0 - - -',
  bin: '/bin 0 40755 2 0 0 0 100.0 - - -',
  ping: '/bin/ping 9 100755 1 0 0 0 200.5 - 123456789 - security.capability=x',
  top: '/bin/ping2 0 @120000 - - - - 0.0 /bin/ping - -',
  boot: '/boot 0 40755 2 0 0 0 100.0 - - -',
  dev: '/dev 0 20600 1 0 0 259 200.0 - - -',
  file: `/file 5 100644 1 0 0 0 200.0 ${OBJECT} - ${HEX}`,
  link: '/link 1 120777 1 0 0 0 200.0 t - -',
  run: '/run 0 40755 2 0 0 0 100.0 - - -',
  sysroot: '/sysroot 0 40755 2 0 0 0 100.0 - - -',
  usr: '/usr 0 40755 2 0 0 0 100.0 - - -',
  usrLib: '/usr/lib 0 40711 2 0 0 0 200.0 - - -',
}

type Lines = typeof LINES
type Edit = Partial<Record<keyof Lines, string>>

function tree(edit: Edit) {
  return parseDump(
    encodeUtf8(
      Object.values({ ...LINES, ...edit })
        .filter(Boolean)
        .join('\n'),
    ),
    SHA256,
  )
}

function withXattr(line: keyof Lines, xattr: string): Edit {
  return { [line]: `${LINES[line]} ${xattr}` }
}

const RULES: readonly (readonly [
  rule: string,
  a: Edit,
  b: Edit,
  side: 'a' | 'b',
  entries: readonly string[],
  others?: readonly string[],
])[] = [
  ['xattr-filter', {}, withXattr('file', 'user.x=y'), 'a', ['/file']],
  [
    'xattr-filter',
    withXattr('file', 'trusted.x=y'),
    withXattr('usr', 'user.k=v'),
    'b',
    ['/file'],
    ['changed-xattrs'],
  ],
  [
    'boot-transform',
    {},
    { boot: '/boot 0 40755 2 0 0 0 300.0 - - -\n/boot/vmlinuz 3 100644 1 0 0 0 300.0 - abc -' },
    'a',
    ['/boot', '/boot/vmlinuz'],
  ],
  [
    'boot-transform',
    withXattr('file', 'security.selinux=l'),
    { sysroot: '/sysroot 0 40755 2 0 0 0 300.0 - - -' },
    'a',
    ['/file', '/sysroot'],
  ],
  ['root-from-usr', {}, { root: '/ 0 40700 7 0 0 0 300.0 - - -' }, 'a', ['/']],
  [
    'run-emptied',
    { run: '/run 0 40755 2 0 0 0 300.0 - - -\n/run/lock 0 40755 2 0 0 0 300.0 - - -' },
    {},
    'b',
    ['/run', '/run/lock'],
  ],
  ['late-whiteout', { link: '/late 1 120777 1 0 0 0 200.0 t - -' }, { link: '' }, 'b', ['/late']],
  ['implied-parent', { usrLib: '/usr/lib 0 40755 2 0 0 0 0.0 - - -' }, {}, 'a', ['/usr/lib']],
  ['nanoseconds', {}, { ping: LINES.ping.replace('200.5', '200.0') }, 'b', ['/bin/ping']],
  ['hard-links', { top: LINES.ping.replace('/bin/ping', '/bin/ping2') }, {}, 'a', ['/bin/ping2']],
  ['inline-content', {}, { file: `/file 5 100644 1 0 0 0 200.0 - ${SMALL} -` }, 'b', ['/file']],
  ['object-verity', {}, { file: `/file 5 100644 1 0 0 0 200.0 ${OBJECT} - -` }, 'b', ['/file']],
  ['changed-type', {}, { link: '/link 0 10777 1 0 0 0 200.0 - - -' }, 'b', ['/link']],
  ['changed-file', {}, { file: '/file 5 100644 1 0 0 0 200.0 - other -' }, 'b', ['/file']],
  ['changed-target', {}, { link: '/link 1 120777 1 0 0 0 200.0 u - -' }, 'b', ['/link']],
  ['changed-device', {}, { dev: '/dev 0 20600 1 0 0 260 200.0 - - -' }, 'b', ['/dev']],
  ['removed-entry', {}, { link: '' }, 'b', ['/link']],
  ['added-entry', { link: '' }, {}, 'b', ['/link']],
  ['mode-bits', {}, { file: LINES.file.replace('100644', '104755') }, 'b', ['/file']],
  ['owner', {}, { file: LINES.file.replace(' 0 0 0 200', ' 1000 0 0 200') }, 'b', ['/file']],
  // The filter would have taken both away.
  [
    'changed-xattrs',
    withXattr('file', 'user.x=y'),
    withXattr('usr', 'user.k=v'),
    'b',
    ['/file', '/usr'],
  ],
  ['changed-xattrs', withXattr('file', 'user.x=y'), withXattr('file', 'user.x=z'), 'b', ['/file']],
  ['mtime', {}, { file: LINES.file.replace('200.0', '201.0') }, 'b', ['/file']],
  ['mtime', {}, { ping: LINES.ping.replace('200.5', '200.6') }, 'b', ['/bin/ping']],
]

const options = {
  digestOf: (content: Uint8Array) => fsverityDigest(content, { algorithm: SHA256 }),
  isLateWhiteout: (path: Uint8Array) => showUtf8(path) === '/late',
}

describe('why two trees differ', () => {
  const rows = RULES.map(
    ([rule, a, b, side, entries, others = []]) => [rule, a, b, side, entries, others] as const,
  )

  test.each(rows)('%s (%#)', (rule, a, b, side, entries, others) => {
    const [first, ...rest] = explainTrees(tree(a), tree(b), options)
    expect(rest.map(each => each.rule)).toEqual(others)
    expect(first).toMatchObject({ rule, side, count: entries.length })
    expect(first?.examples.map(({ path }) => showUtf8(path))).toEqual(entries)
  })

  test('every rule has a pair', () => {
    expect(new Set(RULES.map(([rule]) => rule))).toEqual(new Set(TREE_RULES))
  })

  test('equal trees: nothing', () => {
    expect(explainTrees(tree({}), tree({}), options)).toEqual([])
  })

  test('several rules: those first that explain most, each part of an entry by its own', () => {
    const file = LINES.file.replace('100644', '100600').replace('200.0', '300.7')
    const findings = explainTrees(tree(withXattr('bin', 'user.a=b')), tree({ file }))
    expect(findings.map(({ rule, count }) => [rule, count])).toEqual([
      ['xattr-filter', 1],
      ['mode-bits', 1],
      ['mtime', 1],
    ])
  })

  test('examples are bounded, counts are not', () => {
    const many = Array.from({ length: 50 }, (_, i) => `/n${i} 0 10644 1 0 0 0 200.0 - - -`).sort()
    const a = tree({ link: '' })
    const b = tree({ link: many.join('\n') })
    expect(explainTrees(a, b, { examples: 3 })[0]).toMatchObject({ rule: 'added-entry', count: 50 })
    expect(explainTrees(a, b, { examples: 3 })[0]?.examples).toHaveLength(3)
  })

  test('times that are all 0 are no sign of an implied directory', () => {
    const epoch = (mode: string) =>
      parseDump(encodeUtf8(`/ 0 40755 3 0 0 0 0.0 - - -\n/d 0 ${mode} 2 0 0 0 0.0 - - -\n`), SHA256)
    expect(explainTrees(epoch('40755'), epoch('40700')).map(({ rule }) => rule)).toEqual([
      'mode-bits',
    ])
  })
})
