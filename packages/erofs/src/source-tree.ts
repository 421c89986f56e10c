import { concatBytes, showUtf8 } from '@composefs/bytes'
import {
  ContentCode,
  type FileTree,
  ROOT,
  type TreeView,
  TYPE_CHR,
  TYPE_MASK,
  walk,
} from '@composefs/tree'
import { ErofsError } from './errors.ts'
import type { ErofsVersion } from './format.ts'
import { STUB_COUNT, stubName } from './stubs.ts'

/** Number of an inode of the tree, or, from `inodeLimit` of the tree on, of a stub: `inodeLimit + stub`. */
export type Node = number

/** A tree on its way into an image of one version. */
export interface SourceTree {
  readonly tree: FileTree
  readonly view: TreeView
  readonly version: ErofsVersion
  /** V0 or V1: breadth first, compact inodes, stubs, escaped whiteouts. */
  readonly isOld: boolean
  /** Numbers of the stubs that the root gets, ascending. */
  readonly stubs: readonly number[]
}

/** Opens a tree for writing. It must not change until the image is complete. */
export function createSourceTree(tree: FileTree, version: ErofsVersion): SourceTree {
  const isOld = version !== 2
  const stubs: number[] = []
  for (let stub = 0; isOld && stub < STUB_COUNT; stub++) {
    if (tree.lookup(ROOT, stubName(stub)) === undefined) stubs.push(stub)
  }
  return { tree, view: tree.view(), version, isOld, stubs }
}

/** True for a character device 0:0. */
export function isWhiteout(view: TreeView, inode: number): boolean {
  return (
    view.content[inode] === ContentCode.device &&
    view.dataOffset[inode] === 0 &&
    ((view.mode[inode] as number) & TYPE_MASK) === TYPE_CHR
  )
}

/** The error that a version cannot hold an inode. Finding the path costs a walk, which only errors pay. */
export function limitError(
  source: SourceTree,
  inode: number,
  problem: string,
  limit?: { readonly expected: string | number; readonly actual: number },
): ErofsError {
  const path = pathOf(source, inode)
  return new ErofsError('ERR_EROFS_LIMIT', `${path}: ${problem}`, { path, ...limit })
}

function pathOf({ tree, view }: SourceTree, inode: number): string {
  if (inode >= view.inodeLimit) {
    return showUtf8(concatBytes([Uint8Array.of(0x2f), stubName(inode - view.inodeLimit)]))
  }
  if (tree.isDirectory(inode)) return showUtf8(tree.directoryPath(inode))
  for (const entry of walk(tree)) if (entry.inode === inode) return showUtf8(entry.path)
  return '?'
}
