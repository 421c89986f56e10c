import { encodeUtf8, equalBytes, startsWith } from '@composefs/bytes'
import { type FileTree, type Inode, ROOT, type Xattr } from '@composefs/tree'
import type { XattrMode } from '../xattr-mode.ts'

/** What of the xattrs stays, and who is told. */
export interface TransformOptions {
  /** Which xattrs stay. */
  readonly xattrs: XattrMode
  /** Told where a step is left out, rightly but not as usual. */
  onNotice?(message: string): void
}

const USR = encodeUtf8('usr')
const RUN = encodeUtf8('run')
const CAPABILITY = encodeUtf8('security.capability')
const USER = encodeUtf8('user.')

/**
 * Makes the merged layers of an image into the tree that is kept: the root takes the metadata of `/usr`, `/run` is
 * emptied, and only xattrs that mean the same on every machine stay.
 *
 * Without a directory `/usr`, as in images of one static binary, root and `/run` stay as they are.
 */
export function transformTree(tree: FileTree, options: TransformOptions): void {
  const usr = findDirectory(tree, USR)
  if (usr === undefined) {
    options.onNotice?.('no directory /usr: the root keeps its own metadata and /run what is in it')
  } else {
    tree.setMetadata(ROOT, tree.metadata(usr))
    emptyRun(tree, usr)
  }
  filterXattrs(tree, options.xattrs)
}

function emptyRun(tree: FileTree, usr: Inode): void {
  const run = findDirectory(tree, RUN)
  if (run === undefined) return
  tree.clear(run)
  tree.setMetadata(run, {
    ...tree.metadata(run),
    mtimeSeconds: tree.mtimeSeconds(usr),
    mtimeNanoseconds: tree.mtimeNanoseconds(usr),
  })
}

function findDirectory(tree: FileTree, name: Uint8Array): Inode | undefined {
  const inode = tree.lookup(ROOT, name)
  return inode !== undefined && tree.isDirectory(inode) ? inode : undefined
}

function filterXattrs(tree: FileTree, mode: XattrMode): void {
  tree.filterXattrs(({ name }: Xattr) => {
    if (equalBytes(name, CAPABILITY)) return true
    return mode === 'keep-user-xattrs' && startsWith(name, USER)
  })
}
