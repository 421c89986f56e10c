import { ContentCode, type FileTree } from '@composefs/tree'
import type { ErofsVersion } from './format.ts'
import { isWhiteout } from './source-tree.ts'

/** Versions that mkcomposefs may choose from. */
export interface VersionRange {
  /** Smallest version that will do. */
  readonly min?: number
  /** Largest version that will do. */
  readonly max?: number
}

/** The newest version that mkcomposefs makes. */
const MAX = 1

/**
 * The version that mkcomposefs makes of a tree: V0, but V1 for a tree with whiteouts if the range allows it.
 *
 * Without a range it is 0 to 1. Of a range with one end the other end is 0; a `max` below `min` is raised to it.
 *
 * @throws RangeError for a version that is neither 0 nor 1
 */
export function chooseVersion(tree: FileTree, range: VersionRange = {}): ErofsVersion {
  const isOpen = range.min === undefined && range.max === undefined
  const min = assertVersion(range.min ?? 0)
  const max = Math.max(min, assertVersion(range.max ?? (isOpen ? MAX : 0)))
  return min === 1 || (max === 1 && hasWhiteout(tree)) ? 1 : 0
}

function hasWhiteout(tree: FileTree): boolean {
  const view = tree.view()
  const { content, inodeLimit } = view
  for (let inode = 0; inode < inodeLimit; inode++) {
    if (content[inode] === ContentCode.device && isWhiteout(view, inode)) return true
  }
  return false
}

function assertVersion(version: number): number {
  if (version === 0 || version === 1) return version
  throw new RangeError(`image version ${version}: mkcomposefs makes 0 and 1`)
}
