import type { Inode } from './inode.ts'
import { ROOT } from './inode.ts'
import type { NameIndex } from './name-table.ts'
import type { TreeStore } from './store.ts'
import { type FileTree, storeOf } from './tree.ts'

/** One name of a tree, as the walk comes to it. */
export interface WalkEntry {
  /** From the root, `/` for the root itself. */
  readonly path: Uint8Array
  /** The last component, empty for the root. Aliases the tree. */
  readonly name: Uint8Array
  readonly inode: Inode
  /** The directory that the name is in; the root is in itself. */
  readonly parent: Inode
  /** False for the second and later names of a leaf. */
  readonly isFirstName: boolean
  /** Path of the first name of this leaf in the order of the walk. */
  readonly firstPath: Uint8Array
}

const SLASH = 0x2f

/**
 * Every name of a tree, depth first, root first, the names of a directory in bytes order: the order of a dump
 * file and of hard link groups. The tree must not change meanwhile.
 */
export function* walk(tree: FileTree): Generator<WalkEntry, void, undefined> {
  const store = storeOf(tree)
  const { names } = store
  const firstPaths = new Map<Inode, Uint8Array>()
  const root = Uint8Array.of(SLASH)
  yield {
    path: root,
    name: root.subarray(1),
    inode: ROOT,
    parent: ROOT,
    isFirstName: true,
    firstPath: root,
  }
  // The next name of each directory on the way down. No recursion: depth is up to whoever wrote the tree.
  const pending: NameIndex[] = [store.firstSortedName(ROOT)]
  const directories: Uint8Array[] = [new Uint8Array(0)]
  while (pending.length > 0) {
    const index = pending[pending.length - 1] as number
    if (index === 0) {
      pending.pop()
      directories.pop()
      continue
    }
    pending[pending.length - 1] = names.next[index] as number
    const inode = names.inode[index] as number
    const name = names.bytes(index)
    const path = join(directories[directories.length - 1] as Uint8Array, name)
    const firstPath = firstPathOf(store, firstPaths, inode, path)
    const parent = names.parent[index] as number
    yield { path, name, inode, parent, isFirstName: firstPath === path, firstPath }
    if (store.isDirectory(inode)) {
      pending.push(store.firstSortedName(inode))
      directories.push(path)
    }
  }
}

function firstPathOf(
  store: TreeStore,
  firstPaths: Map<Inode, Uint8Array>,
  inode: Inode,
  path: Uint8Array,
): Uint8Array {
  if (store.isDirectory(inode) || store.inodes.nlink[inode] === 1) return path
  const known = firstPaths.get(inode)
  if (known !== undefined) return known
  firstPaths.set(inode, path)
  return path
}

function join(directory: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(directory.length + 1 + name.length)
  path.set(directory)
  path[directory.length] = SLASH
  path.set(name, directory.length + 1)
  return path
}
