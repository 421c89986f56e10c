import type { Digest } from '@composefs/fsverity'
import type { FileTree } from '../tree.ts'
import { diffTrees, type TreeDifference } from './diff-trees.ts'
import { RuleFinder } from './find-rules.ts'

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

/** What one rule explains of two trees. */
export interface TreeFinding {
  readonly rule: TreeRule
  /**
   * The tree that the rule was applied to, or that lost something, if it was the same one everywhere: filtered, emptied,
   * without nanoseconds, with the implied directory, with the links split.
   */
  readonly side: Side | undefined
  /** Names that it explains, at least one difference of each. */
  readonly count: number
  /** The first of them. */
  readonly examples: readonly TreeDifference[]
}

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

/**
 * Tells by which rules two trees differ, in the order of TREE_RULES; nothing when they are equal. A difference may have
 * several reasons, each of its parts has one. Memory does not depend on how much differs.
 *
 * @example
 * const [first] = explainTrees(mine, theirs)
 * if (first !== undefined) console.log(`${first.rule}: ${first.count} entries`)
 */
export function explainTrees(
  a: FileTree,
  b: FileTree,
  options: ExplainTreesOptions = {},
): TreeFinding[] {
  const finder = new RuleFinder(a, b, options)
  const collected = new Map<TreeRule, CollectedFinding>()
  const examplesMax = options.examples ?? 10
  for (const difference of diffTrees(a, b)) {
    for (const [rule, side] of finder.rulesOf(difference)) {
      const known = collected.get(rule)
      if (known === undefined) {
        collected.set(rule, { rule, side, count: 1, examples: [difference].slice(0, examplesMax) })
        continue
      }
      known.count++
      if (known.side !== side) known.side = undefined
      if (known.examples.length < examplesMax) known.examples.push(difference)
    }
  }
  return TREE_RULES.flatMap(rule => collected.get(rule) ?? [])
}

interface CollectedFinding {
  readonly rule: TreeRule
  side: Side | undefined
  count: number
  readonly examples: TreeDifference[]
}
