import type { Inode } from '../inode.ts'

/**
 * Parts of an inode that can differ. `links`: the names that share a leaf are not the same ones, as far as both trees
 * have them.
 */
export type DifferingPart =
  | 'type'
  | 'mode'
  | 'owner'
  | 'mtime'
  | 'xattrs'
  | 'content'
  | 'target'
  | 'device'
  | 'links'

/** One name that is not the same in two trees. */
export interface TreeDifference {
  /** In new memory. */
  readonly path: Uint8Array
  /** `added`: only in the second tree; `removed`: only in the first. */
  readonly change: 'added' | 'removed' | 'changed'
  /** What is not the same, of a leaf with several names told at the first; empty unless `changed`. */
  readonly parts: readonly DifferingPart[]
  /** What the name leads to in the first tree. */
  readonly inA: Inode | undefined
  readonly inB: Inode | undefined
  /** The first name of the leaf in the first tree, in the order of a dump, where that is another than `path`. */
  readonly linkA: Uint8Array | undefined
  readonly linkB: Uint8Array | undefined
}
