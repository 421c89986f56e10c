import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isPolicyFile } from '../src/boot/boot-transform.ts'
import { POLICY_FILE_MAX } from '../src/boot/selinux/policy-files.ts'
import { bootTransform, directoryPolicyFiles, isOciError } from '../src/index.ts'
import { inodeAt, labelsOf, policyOf, setLabel, treeOf } from './label-trees.ts'

const transform = (tree: FileTree) => bootTransform(tree, { readFile: () => undefined })

/** Code and message of the error that the transform ends with. */
function failure(tree: FileTree): string | undefined {
  try {
    transform(tree)
  } catch (error) {
    if (isOciError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return undefined
}

/** The labels of some paths under a policy. */
function labels(
  paths: readonly string[],
  rules: string,
  others: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> {
  const tree = treeOf(paths, policyOf(rules, others))
  transform(tree)
  return labelsOf(tree)
}

describe('/boot and /sysroot', () => {
  test('are emptied and get the time of /usr, and keep the rest', () => {
    const tree = treeOf(['/boot/vmlinuz', '/boot/efi/x', '/sysroot/ostree/', '/usr/bin/'])
    const usr = tree.mtimeSeconds(inodeAt(tree, '/usr'))
    const { mtimeSeconds: _, ...before } = tree.metadata(inodeAt(tree, '/boot'))
    transform(tree)
    for (const path of ['/boot', '/sysroot']) {
      expect(tree.isEmpty(inodeAt(tree, path))).toBe(true)
      expect(tree.metadata(inodeAt(tree, path))).toEqual({ ...before, mtimeSeconds: usr })
    }
  })
  test('a file with a name elsewhere stays, with one name less', () => {
    const tree = treeOf(['/usr/vmlinuz', '/boot/vmlinuz=/usr/vmlinuz'])
    transform(tree)
    expect(tree.nlink(inodeAt(tree, '/usr/vmlinuz'))).toBe(1)
  })
  test.each(['usr', 'boot', 'sysroot'])('/%s is needed', name => {
    const tree = treeOf([])
    tree.remove(0, encodeUtf8(name))
    const message = `/${name} is not in the image, which booting needs`
    expect(failure(tree)).toBe(`ERR_OCI_BOOT_NO_DIRECTORY ${message}`)
  })
  test('a link is no directory', () => {
    const tree = treeOf([])
    tree.remove(0, encodeUtf8('boot'))
    const content = { kind: 'symlink', target: encodeUtf8('usr') } as const
    tree.addLeaf(0, encodeUtf8('boot'), tree.metadata(0), content)
    expect(failure(tree)).toContain('/boot is no directory')
  })
})

describe('without a policy', () => {
  test.each<[string, Record<string, string>]>([
    ['nothing in /etc', {}],
    ['no config', { '/etc/selinux/semanage.conf': '' }],
    [
      'no type in it',
      { '/etc/selinux/config': 'SELINUX=enforcing\n#SELINUXTYPE=t\nSELINUXTYPE\n' },
    ],
  ])('%s: labels go', (_, files) => {
    const tree = treeOf(['/usr/a', '/usr/b'], files)
    setLabel(tree, '/usr/a', 'old')
    expect(transform(tree)).toEqual({ policy: undefined, labelled: 0, stripped: 1 })
    expect(
      tree.xattrs(inodeAt(tree, '/usr/a')).map(({ name }) => Buffer.from(name).toString()),
    ).toEqual(['user.kept'])
  })
})

describe('the type of the policy', () => {
  const where = (type: string) =>
    ['/etc/selinux', type, 'contexts/files/file_contexts'].filter(name => name !== '').join('/')
  test.each([
    ['first of its lines', 'SELINUXTYPE=t\nSELINUXTYPE=u\n', 't'],
    ['in any case, with blanks', '#SELINUXTYPE=u\n  selinuxType =  t \r\n', 't'],
    ['without a newline', 'SELINUXTYPE=t', 't'],
    ['before a byte that is not UTF-8', Buffer.from('SELINUXTYPE=t\n\xff\n', 'latin1'), 't'],
    ['with directories', 'SELINUXTYPE=a/b', 'a/b'],
    ['from the root, which is that of policies', 'SELINUXTYPE=/t', 't'],
    ['empty', 'SELINUXTYPE=', ''],
  ])('%s', (_, config, type) => {
    const tree = treeOf([], { '/etc/selinux/config': config, [where(type)]: '/.* L' })
    expect(transform(tree).policy).toBeDefined()
    expect(labelsOf(tree)['/usr']).toBe('L')
  })
  test.each([
    ['leads out', 'SELINUXTYPE=../t', '/etc/selinux/config:1: no type of a policy: "../t"'],
    ['is no name', 'x\nSELINUXTYPE=t\0', '/etc/selinux/config:2: no type of a policy: "t\\u0000"'],
    [
      'comes after a byte that is not UTF-8',
      Buffer.from('\xff\nSELINUXTYPE=t', 'latin1'),
      '/etc/selinux/config:1: a byte that is not UTF-8',
    ],
  ])('an error when it %s', (_, config, message) => {
    const tree = treeOf([], { '/etc/selinux/config': config, [where('t')]: '/.* L' })
    expect(failure(tree)).toBe(`ERR_OCI_POLICY_SYNTAX ${message}`)
  })
})

describe('the files of the policy', () => {
  const config = { '/etc/selinux/config': 'SELINUXTYPE=t\n' }
  test.each<[string, FileTree, string]>([
    [
      'no file_contexts',
      treeOf([], config),
      '/file_contexts is missing, which the SELinux policy "t"',
    ],
    [
      'a link',
      treeOf(['/etc/selinux/t/contexts/files/file_contexts:link'], config),
      '/etc/selinux/t/contexts/files/file_contexts is no regular file',
    ],
    [
      'a directory',
      treeOf(['/etc/selinux/t/contexts/files/file_contexts.local/'], policyOf('')),
      'file_contexts.local is no regular file',
    ],
    [
      'a link on the way',
      treeOf(['/etc/selinux/t:link'], config),
      '/etc/selinux/t is no directory',
    ],
    ['a file on the way', treeOf(['/etc']), '/etc is no directory'],
  ])('%s is an error', (_, tree, message) => {
    expect(failure(tree)).toMatch(/^ERR_OCI_POLICY_MISSING_FILE/)
    expect(failure(tree)).toContain(message)
  })
  test('a compiled one beside them changes nothing', () => {
    expect(labels([], '/.* L', { bin: '/.* M' })['/usr']).toBe('L')
  })
  test('are asked for where they are not inline; what cannot be read is not there', () => {
    const { '/etc/selinux/config': text = '', ...others } = policyOf('/.* L')
    const tree = treeOf([], others)
    const digest = Digest.fromHex('ab'.repeat(32), SHA256) as Digest
    const content = { kind: 'external', digest, size: 70 } as const
    const selinux = inodeAt(tree, '/etc/selinux')
    const file = tree.addLeaf(selinux, encodeUtf8('config'), tree.metadata(0), content)
    expect(bootTransform(tree, { readFile: () => undefined }).policy).toBeUndefined()
    const readFile = (inode: number) => (inode === file ? encodeUtf8(text) : undefined)
    expect(bootTransform(tree, { readFile }).policy).toBe('t')
  })
  test('are not read when they are larger than any', () => {
    const tree = treeOf([], policyOf(''))
    const digest = Digest.fromHex('ab'.repeat(32), SHA256) as Digest
    const content = { kind: 'external', digest, size: POLICY_FILE_MAX + 1 } as const
    const files = inodeAt(tree, '/etc/selinux/t/contexts/files')
    tree.addLeaf(files, encodeUtf8('file_contexts.subs'), tree.metadata(0), content)
    expect(failure(tree)).toMatch(
      /^ERR_OCI_POLICY_TOO_COMPLEX .*file_contexts\.subs: a policy file of/,
    )
  })
  test.each([
    ['/etc/selinux/config', true],
    ['etc/selinux/config', true],
    ['/etc/selinux/targeted/contexts/files/file_contexts', true],
    ['/etc/selinux/a/b/contexts/files/file_contexts.subs_dist', true],
    ['/etc/selinux/contexts/files/file_contexts.homedirs', true],
    ['/etc/selinux/targeted/contexts/files/file_contexts.bin', false],
    ['/etc/selinux/config/x', false],
    ['/usr/etc/selinux/config', false],
  ])('%s: %s', (path, isOne) => {
    expect(isPolicyFile(encodeUtf8(path))).toBe(isOne)
  })
})

describe('lines', () => {
  test('comments, empty lines, any white space', () => {
    const rules = '  # a b c d\n\n\u3000\n /.*\u00a0\t A \r\n/usr -d B'
    expect(labels(['/usr/f'], rules)).toMatchObject({ '/usr': 'B', '/usr/f': 'A' })
  })
  test.each([
    ['/a', 'a pattern without a context'],
    ['/a --', 'a type without a context'],
    ['/a -x b', 'no type of a file: -x'],
    ['/a - b', 'no type of a file: -'],
    ['/a --- b', 'no type of a file: ---'],
    ['/a b c', 'something behind the context b'],
    ['/a -- b c', 'something behind the context b'],
  ])('%s: %s', (line, reason) => {
    expect(failure(treeOf([], policyOf(`/.* L\n${line}\n`)))).toBe(
      `ERR_OCI_POLICY_SYNTAX /etc/selinux/t/contexts/files/file_contexts:2: ${reason}`,
    )
  })
  test.each([
    ['/a', '/a without the path it stands for'],
    ['/a /b c', 'something behind the path /b'],
  ])('aliases: %s: %s', (line, reason) => {
    expect(failure(treeOf([], policyOf('', { subs: `#\n${line}` })))).toBe(
      `ERR_OCI_POLICY_SYNTAX /etc/selinux/t/contexts/files/file_contexts.subs:2: ${reason}`,
    )
  })
  test('a pattern that is none is named with file and line', () => {
    expect(failure(treeOf([], policyOf('/.* L\n', { local: '\n/(a L' })))).toMatch(
      /^ERR_OCI_POLICY_BAD_PATTERN \/etc\/selinux\/t\/contexts\/files\/file_contexts\.local:2: pattern "\/\(a": /,
    )
  })
  test.each([
    ['rules', { rules: '/a L\n'.repeat(100_001) }],
    ['characters of a pattern', { rules: `/${'a'.repeat(5000)} L` }],
    ['characters of a context', { rules: `/a ${'l'.repeat(5000)}` }],
    ['bytes of an alias', { rules: '', subs: `/a /${'b'.repeat(5000)}` }],
  ])('too many %s', (_, { rules, ...others }) => {
    expect(failure(treeOf([], policyOf(rules, others)))).toMatch(/^ERR_OCI_POLICY_TOO_COMPLEX/)
  })
})

describe('labels', () => {
  test('depend on the type', () => {
    const letters = ['--', '-d', '-l', '-p', '-s', '-c', '-b']
    const rules = letters.map(letter => `/usr/.* ${letter} ${letter}`).join('\n')
    const paths = [
      '/usr/a',
      '/usr/b/',
      '/usr/c:link',
      '/usr/d:fifo',
      '/usr/e:socket',
      '/usr/f:chr',
      '/usr/g:blk',
    ]
    const found = labels(paths, rules)
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => found[`/usr/${name}`])).toEqual(letters)
  })
  test('are those of the last file and line', () => {
    const others = { homedirs: '/usr/h H', local: '/usr/h L\n/usr/l L' }
    expect(labels(['/usr/h', '/usr/l', '/usr/m'], '/.* M\n/usr/h M', others)).toMatchObject({
      '/': 'M',
      '/usr/h': 'H',
      '/usr/l': 'L',
      '/usr/m': 'M',
    })
  })
  test('have no NUL at the end, and may be any text', () => {
    expect(labels(['/usr/é'], '/usr/é é:ü')).toMatchObject({ '/usr/é': 'é:ü', '/usr': undefined })
  })
  test('replace old ones and leave other xattrs; where there is none the old one goes', () => {
    const tree = treeOf(
      ['/usr/a', '/usr/b', '/usr/c'],
      policyOf('/.* L\n/usr/b <<none>>\n/usr/c <<none>>'),
    )
    setLabel(tree, '/usr/a', 'old')
    setLabel(tree, '/usr/b', 'old')
    const result = transform(tree)
    expect(result).toEqual({ policy: 't', labelled: tree.inodeCount - 2, stripped: 1 })
    expect(labelsOf(tree)).toMatchObject({ '/usr/a': 'L', '/usr/b': undefined })
    for (const path of ['/usr/a', '/usr/b']) {
      expect(tree.xattrs(inodeAt(tree, path)).some(({ name }) => name.length === 9)).toBe(true)
    }
  })
  test('a tree that cannot be labelled is left as it was', () => {
    const tree = treeOf(['/usr/a'], policyOf('/.* L\n/(a L'))
    setLabel(tree, '/usr/a', 'old')
    expect(failure(tree)).toBeDefined()
    expect(labelsOf(tree)).toMatchObject({ '/usr/a': 'old' })
  })
})

describe('names of one file', () => {
  const names = ['/usr/a', '/usr/b=/usr/a', '/usr/c=/usr/a', '/usr/d=/usr/a', '/usr/e=/usr/a']
  test('share what the first one gets; each other name that gets something else is a file of its own', () => {
    const tree = treeOf(names, policyOf('/.* A\n/usr/[bc] B\n/usr/e <<none>>'))
    expect(transform(tree)).toMatchObject({ labelled: tree.inodeCount - 1 })
    expect(labelsOf(tree)).toMatchObject({
      '/usr/a': 'A',
      '/usr/b': 'B',
      '/usr/c': 'B',
      '/usr/d': 'A',
      '/usr/e': undefined,
    })
    const at = (name: string) => inodeAt(tree, `/usr/${name}`)
    expect(at('d')).toBe(at('a'))
    expect(new Set(['a', 'b', 'c', 'e'].map(at)).size).toBe(4)
    expect(['a', 'b', 'c', 'e'].map(name => tree.nlink(at(name)))).toEqual([2, 1, 1, 1])
    expect(tree.content(at('b'))).toEqual(tree.content(at('a')))
  })
  test('may get a label where the first one gets none', () => {
    const tree = treeOf(names, policyOf('/usr/b B'))
    transform(tree)
    expect(labelsOf(tree)).toMatchObject({ '/usr/a': undefined, '/usr/b': 'B' })
    expect(tree.nlink(inodeAt(tree, '/usr/a'))).toBe(4)
  })
})

describe('aliases', () => {
  const rules = '/.* A\n/usr(/.*)? U\n/usr/bin(/.*)? B\n/ R\nusr(/.*)? E'
  test.each<[string, Record<string, string>, Record<string, string>]>([
    [
      'are for a directory and all below',
      { subs: '/opt /usr' },
      { '/opt': 'U', '/opt/bin/x': 'B' },
    ],
    ['are for a file as well', { subs: '/opt/f /usr/bin' }, { '/opt': 'A', '/opt/f': 'B' }],
    ['are whole names', { subs: '/op /usr' }, { '/opt': 'A', '/opt/bin': 'A' }],
    ['may be the root', { subs: '/opt /' }, { '/opt': 'R', '/opt/bin': 'A', '/opt/usr/bin': 'B' }],
    ['may end in a slash', { subs: '/opt /usr/' }, { '/opt': 'U', '/opt/bin': 'B' }],
    ['need not begin with one', { subs: '/opt usr' }, { '/opt': 'E', '/opt/bin': 'E' }],
    ['end in a slash in vain', { subs: '/opt/ /usr' }, { '/opt': 'A', '/opt/bin': 'A' }],
    ['are not for the root', { subs: '/ /usr' }, { '/': 'R', '/opt': 'A' }],
    [
      'follow each other from level to level, not within one',
      { subs: '/opt /srv\n/srv/bin /usr/bin\n/srv /usr' },
      { '/opt': 'A', '/opt/bin': 'B', '/opt/bin/x': 'B', '/srv': 'U' },
    ],
    ['the later line counts', { subs: '/opt /usr\n/opt /usr/bin' }, { '/opt': 'B' }],
    ['.subs_dist counts more', { subs: '/opt /usr/bin', subs_dist: '/opt /usr' }, { '/opt': 'U' }],
    ['do not go round', { subs: '/usr/bin /usr' }, { '/usr/bin': 'U', '/usr/bin/bin/f': 'U' }],
  ])('%s', (_, others, expected) => {
    const paths = ['/opt/bin/x', '/opt/f', '/opt/usr/bin/y', '/srv/q', '/usr/bin/bin/f']
    expect(labels(paths, rules, others)).toMatchObject(expected)
  })
  test('a pattern that is searched sees the path that stands for it', () => {
    const found = labels(['/opt/a/b/c', '/opt/x'], '/usr/lib(?!64)(/.*)? L\n//.*(?!q) M', {
      subs: '/opt /usr/lib\n/usr/lib/a /\n/b /usr/lib',
    })
    expect(found).toMatchObject({ '/opt/a': undefined, '/opt/x': 'L', '/opt/a/b/c': 'L' })
  })
})

describe('a policy on disk', () => {
  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'composefs-policy-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    mkdirSync(join(path, 'real'))
    writeFileSync(join(path, 'real/config'), 'SELINUXTYPE=t')
    return path
  }
  const read = (root: string) => directoryPolicyFiles(root).read('etc/config')
  test('is read, also through links that stay inside', () => {
    const root = directory()
    symlinkSync('real', join(root, 'etc'))
    expect(read(root)).toEqual(Buffer.from('SELINUXTYPE=t'))
    expect(read(`${root}/`)).toEqual(Buffer.from('SELINUXTYPE=t'))
    expect(directoryPolicyFiles(root).read('etc/other')).toBeUndefined()
  })
  test.each([
    ['leads out of the directory', '/proc/version'],
    ['leads out of the directory', '../../../../../../proc/version'],
    ['is no regular file', '/dev/null'],
    ['is no regular file', '.'],
  ])('a link that %s: %s', (reason, target) => {
    const root = directory()
    mkdirSync(join(root, 'etc'))
    symlinkSync(target, join(root, 'etc/config'))
    expect(() => read(root)).toThrow(`/etc/config ${reason}`)
  })
  test('a link to nothing is no file', () => {
    const root = directory()
    symlinkSync('/nowhere', join(root, 'etc'))
    expect(read(root)).toBeUndefined()
  })
})
