import { assertSameAlgorithm, type ComparedPair } from '@composefs/oci'
import { DifferenceCounter, diffTrees, objectsToFetch, type TreeDifference } from '@composefs/tree'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { wantsColor } from '../output/color.ts'
import { jsonWithList } from '../output/json-list.ts'
import type { Result } from '../output/result.ts'
import { withPair } from './compared-pair.ts'
import { operandDocument, operandLines } from './compared-text.ts'
import type { diff } from './diff.ts'
import { type ComparedNumbers, numbersDocument, statLines, summaryLine } from './diff-stat.ts'
import { differenceDocument } from './difference-document.ts'
import { differenceLine, PATH_WIDTH_MAX, pathWidth, plainDifference } from './difference-text.ts'

export async function run(args: Args<typeof diff>, context: Context): Promise<Result> {
  return await withPair(args, context, pair => {
    assertSameAlgorithm(pair)
    const seen = lookOver(pair)
    const status = args['exit-code'] && seen.numbers.isDifferent ? 1 : 0
    return { ...present(pair, seen, args, context), status }
  })
}

/** What a first pass over all differences tells, so that none of them has to be kept. */
interface Overview {
  readonly numbers: ComparedNumbers
  /** Columns that the paths of a listing take. */
  readonly width: number
}

function lookOver({ a, b }: ComparedPair): Overview {
  const counter = new DifferenceCounter()
  let width = 0
  for (const difference of diffTrees(a.tree, b.tree)) {
    counter.add(difference)
    if (width < PATH_WIDTH_MAX) width = Math.max(width, pathWidth(difference.path))
  }
  const counts = counter.counts()
  const isDifferent = counts.added + counts.removed + counts.changed > 0
  return {
    numbers: { counts, isDifferent, fetch: objectsToFetch(a.tree, b.tree) },
    width: Math.min(width, PATH_WIDTH_MAX),
  }
}

function present(
  pair: ComparedPair,
  { numbers, width }: Overview,
  args: Args<typeof diff>,
  { env, globals }: Context,
): Result {
  if (globals.json) {
    const head = {
      schema: 'cfsctl.diff/1',
      a: operandDocument(pair.a),
      b: operandDocument(pair.b),
      ...numbersDocument(numbers),
    }
    const changes = args.stat ? [] : differences(pair)
    return {
      bytes: jsonWithList(head, 'changes', changes, difference =>
        differenceDocument(pair, difference),
      ),
    }
  }
  if (globals.format === 'plain') {
    return { lines: args.stat ? statLines(numbers, true) : map(pair, plainDifference) }
  }
  const isTerminal = () => process.stdout.isTTY === true
  const color = wantsColor({ when: globals.color, env, isTerminal })
  return {
    lines: textLines(
      pair,
      numbers,
      args.stat
        ? statLines(numbers, false)
        : map(pair, difference => differenceLine(pair, difference, { width, color })),
    ),
  }
}

function* textLines(
  pair: ComparedPair,
  numbers: ComparedNumbers,
  body: Iterable<string>,
): Generator<string> {
  yield* operandLines(pair)
  yield ''
  if (numbers.isDifferent) {
    yield* body
    yield ''
  }
  yield* summaryLine(pair, numbers)
}

function differences({ a, b }: ComparedPair): Iterable<TreeDifference> {
  return diffTrees(a.tree, b.tree)
}

function* map(pair: ComparedPair, show: (difference: TreeDifference) => string): Generator<string> {
  for (const difference of differences(pair)) yield show(difference)
}
