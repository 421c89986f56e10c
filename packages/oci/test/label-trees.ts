import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { SHA256 } from '@composefs/fsverity'
import { FileTree, type Inode, type LeafContent, type Metadata, ROOT, walk } from '@composefs/tree'

const LABEL = encodeUtf8('security.selinux')

const metadata = (mtimeSeconds = 0n): Metadata => ({
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSeconds,
  mtimeNanoseconds: 0,
  xattrs: [],
})

const CONTENTS: Readonly<Record<string, LeafContent>> = {
  link: { kind: 'symlink', target: encodeUtf8('x') },
  fifo: { kind: 'fifo' },
  socket: { kind: 'socket' },
  chr: { kind: 'chr', rdev: 1 },
  blk: { kind: 'blk', rdev: 1 },
}

/**
 * A tree with /usr, /boot, /sysroot and what is listed: `/a/b/` is a directory, `/a:link` a symlink, and so on for the
 * other types; `/a=/b` one more name of /b. Parents are made.
 */
export function treeOf(
  paths: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
): FileTree {
  const tree = new FileTree(SHA256)
  for (const path of ['/usr/', '/boot/', '/sysroot/', ...paths]) addPath(tree, path)
  for (const [path, content] of Object.entries(files)) {
    const data = typeof content === 'string' ? encodeUtf8(content) : content
    const { parent, name } = placeOf(tree, path)
    tree.addLeaf(parent, name, metadata(), { kind: 'inline', data })
  }
  return tree
}

function addPath(tree: FileTree, text: string): void {
  if (text.endsWith('/')) {
    directoryOf(tree, text.slice(0, -1))
    return
  }
  const [path = '', target] = text.split('=')
  const [file = '', kind = 'regular'] = path.split(':')
  const { parent, name } = placeOf(tree, file)
  if (target !== undefined) tree.link(parent, name, inodeAt(tree, target))
  else tree.addLeaf(parent, name, metadata(), CONTENTS[kind] ?? { kind: 'sparse', size: 100 })
}

function placeOf(tree: FileTree, path: string): { parent: Inode; name: Uint8Array } {
  const slash = path.lastIndexOf('/')
  return {
    parent: directoryOf(tree, path.slice(0, slash)),
    name: encodeUtf8(path.slice(slash + 1)),
  }
}

function directoryOf(tree: FileTree, path: string): Inode {
  if (path === '') return ROOT
  const known = tree.lookupPath(encodeUtf8(path))
  if (known !== undefined) return known
  const { parent, name } = placeOf(tree, path)
  // Each its own time, so that copying one is seen.
  return tree.addDirectory(parent, name, metadata(BigInt(tree.inodeCount)))
}

export function inodeAt(tree: FileTree, path: string): Inode {
  const inode = tree.lookupPath(encodeUtf8(path))
  if (inode === undefined) throw new Error(`${path} is not in the tree`)
  return inode
}

/** The files of a policy of the type `t`: its file_contexts, and others by the ending of their name. */
export function policyOf(
  rules: string,
  others: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const directory = '/etc/selinux/t/contexts/files'
  const more = Object.entries(others).map(([name, text]) => [
    `${directory}/file_contexts.${name}`,
    text,
  ])
  return {
    '/etc/selinux/config': '# comment\nSELINUX=disabled\nSELINUXTYPE=t\n',
    [`${directory}/file_contexts`]: rules,
    ...Object.fromEntries(more),
  }
}

/** The label of each path, undefined for none; only of those below the given directories, or of all but /etc. */
export function labelsOf(tree: FileTree): Record<string, string | undefined> {
  const labels: Record<string, string | undefined> = {}
  for (const { path, inode } of walk(tree)) {
    const text = showUtf8(path)
    if (text.startsWith('/etc')) continue
    const label = tree.xattrs(inode).find(({ name }) => Buffer.compare(name, LABEL) === 0)
    labels[text] = label === undefined ? undefined : showUtf8(label.value)
  }
  return labels
}

export function setLabel(tree: FileTree, path: string, label: string): void {
  tree.setXattrs(inodeAt(tree, path), [
    { name: encodeUtf8('user.kept'), value: encodeUtf8('1') },
    { name: LABEL, value: encodeUtf8(label) },
  ])
}
