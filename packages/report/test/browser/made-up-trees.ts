import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { FileTree, type Metadata, ROOT } from '@composefs/tree'
import { type Report, reportTree } from '../../src/index.ts'

/** Metadata of which nothing is told. */
export const PLAIN: Metadata = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0n,
  mtimeNanoseconds: 0,
  xattrs: [],
}

/** The report of an image that is nothing but a tree. */
export function treeReport(name: string, tree: FileTree): Report {
  return reportTree({ name, tree, imageId: undefined })
}

/** A tree of files of these names in the root, each of its own content. */
export function treeOfNames(names: readonly Uint8Array[]): FileTree {
  const tree = new FileTree(SHA256)
  for (const [i, name] of names.entries()) addFile(tree, ROOT, name, 10_000 + i)
  return tree
}

/** A tree of very many files: 50 in each directory, from one byte to some hundred kilobytes. */
export function largeTree(files: number): FileTree {
  const tree = new FileTree(SHA256)
  for (let i = 0, directory = ROOT, group = ROOT; i < files; i++) {
    if (i % 2500 === 0) group = tree.addDirectory(ROOT, encodeUtf8(`group-${i / 2500}`), PLAIN)
    if (i % 50 === 0) directory = tree.addDirectory(group, encodeUtf8(`directory-${i / 50}`), PLAIN)
    addFile(tree, directory, encodeUtf8(`file-${i}.dat`), 1 + (((i * 7919) % 997) ** 2 % 400_000))
  }
  return tree
}

let contents = 0

function addFile(tree: FileTree, parent: number, name: Uint8Array, size: number): void {
  const digest = new Uint8Array(32)
  new DataView(digest.buffer).setUint32(0, ++contents)
  tree.addLeaf(parent, name, PLAIN, {
    kind: 'external',
    digest: new Digest(SHA256, digest),
    size,
  })
}
