import { type BigIntStats, lstatSync } from 'node:fs'
import { type FileTree, type Inode, TYPE_MASK, walk } from '@composefs/tree'

/** Most entries that are compared: the rest is taken for alike. */
const ENTRIES_MAX = 100_000

/**
 * Whether a directory shows a tree: every entry of the tree with its type, permissions, size and time. Owners are left
 * out, since a mount may map them, and so are contents and names that the tree has not.
 */
export function looksLike(directory: string, tree: FileTree): boolean {
  const root = Buffer.from(directory === '/' ? '' : directory)
  let count = 0
  for (const { path, inode } of walk(tree)) {
    if (++count > ENTRIES_MAX) return true
    const status = statusOf(Buffer.concat([root, path]))
    if (status === undefined || !isAlike(status, tree, inode)) return false
  }
  return true
}

function isAlike(status: BigIntStats, tree: FileTree, inode: Inode): boolean {
  const isDirectory = tree.isDirectory(inode)
  return (
    status.isDirectory() === isDirectory &&
    (Number(status.mode) & ~TYPE_MASK) === tree.mode(inode) &&
    status.mtimeNs ===
      tree.mtimeSeconds(inode) * 1_000_000_000n + BigInt(tree.mtimeNanoseconds(inode)) &&
    (isDirectory || Number(status.size) === tree.size(inode))
  )
}

function statusOf(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true })
  } catch {
    return undefined
  }
}
