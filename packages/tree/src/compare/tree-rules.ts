import type { Digest } from '@composefs/fsverity'

/**
 * Rules by which one image gets two trees, and so two ids, those first that explain most.
 *
 * What one side has been through and the other has not: `xattr-filter`, `boot-transform`, `root-from-usr` (the root
 * takes the metadata of /usr), `run-emptied`. How layers are merged: `late-whiteout`, `implied-parent` (a directory
 * that no entry describes). What was lost on the way: `nanoseconds`, `hard-links`, `inline-content` (one side keeps a
 * file in the image, the other as an object), `object-verity` (one side enforces the digest of an object). The rest is
 * what was really changed.
 */
export const TREE_RULES = [
  'xattr-filter',
  'boot-transform',
  'root-from-usr',
  'run-emptied',
  'late-whiteout',
  'implied-parent',
  'nanoseconds',
  'hard-links',
  'inline-content',
  'object-verity',
  'changed-type',
  'changed-file',
  'changed-target',
  'changed-device',
  'removed-entry',
  'added-entry',
  'mode-bits',
  'owner',
  'changed-xattrs',
  'mtime',
] as const

/** A reason for which two trees differ. */
export type TreeRule = (typeof TREE_RULES)[number]

/** A tree of a pair: the first or the second. */
export type Side = 'a' | 'b'

/** How much is told, and what is known of the objects. */
export interface ExplainTreesOptions {
  /** Most examples of a finding. Default: 10. */
  readonly examples?: number
  /** The id of an object with that content: tells whether a file is the same that is in the image on one side only. */
  digestOf?(content: Uint8Array): Digest
  /**
   * True for what a whiteout names that stands in a layer behind entries of the same layer, which some tools then lose.
   * The tree alone does not tell.
   */
  isLateWhiteout?(path: Uint8Array): boolean
}
