import type { FileTree } from '../tree.ts'
import { diffTrees } from './diff-trees.ts'
import type { TreeDifference } from './difference.ts'
import { RuleFinder } from './find-rules.ts'
import { type ExplainTreesOptions, type Side, TREE_RULES, type TreeRule } from './tree-rules.ts'

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
