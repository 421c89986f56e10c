import {
  type ComparedPair,
  type ExplainExample,
  type ExplainedRule,
  explainPair,
  type PairExplanation,
} from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { pathText } from '../output/path-text.ts'
import type { Json, Result } from '../output/result.ts'
import { groupDigits } from '../output/transfer-text.ts'
import { hashing } from '../repository/platform.ts'
import { withPair } from './compared-pair.ts'
import { operandDocument, operandLines } from './compared-text.ts'
import { differenceDocument } from './difference-document.ts'
import { differenceText } from './difference-text.ts'
import type { explain } from './explain.ts'
import { fixText } from './explain-fixes.ts'
import { type RuleScene, ruleText } from './explain-words.ts'
import { textFields } from './tree-entries.ts'

/** Columns of the paths beyond which the text behind them is no longer aligned. */
const NAME_WIDTH_MAX = 48

export async function run(args: Args<typeof explain>, context: Context): Promise<Result> {
  const work = async (pair: ComparedPair, repository: Repository | undefined) => {
    const { signal } = context
    const explanation = await explainPair(pair, { hashing, repository, signal })
    return {
      lines: [...operandLines(pair), '', ...textLines(pair, explanation)],
      json: document(pair, explanation),
    }
  }
  return await withPair(args, context, work, { withImages: true })
}

function textLines(pair: ComparedPair, explanation: PairExplanation): string[] {
  const [first, ...others] = explanation.rules
  if (first === undefined) return [sameText(pair)]
  const lines = ruleLines(pair, explanation, first)
  if (others.length === 0) return lines
  return [
    ...lines,
    '',
    'also:',
    ...others.map(explained => {
      const scene = sceneOf(pair, explanation, explained)
      return `  ${explained.rule} (${groupDigits(explained.count)}): ${ruleText(scene)}`
    }),
  ]
}

function sameText({ a, b }: ComparedPair): string {
  if (a.id === undefined || b.id === undefined) return 'The trees are the same.'
  return a.id.equals(b.id) ? 'The images are the same.' : 'No difference was found.'
}

function ruleLines(
  pair: ComparedPair,
  explanation: PairExplanation,
  explained: ExplainedRule,
): string[] {
  const scene = sceneOf(pair, explanation, explained)
  const examples = explained.examples.map(example => exampleCells(pair, example))
  const width = Math.min(
    NAME_WIDTH_MAX,
    examples.reduce((most, [name]) => Math.max(most, name.length), 0),
  )
  const rest = explained.count - examples.length
  return [
    `${explained.rule}: ${ruleText(scene)}`,
    ...examples.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...(rest > 0 ? [`  … and ${groupDigits(rest)} more`] : []),
    `fix: ${fixText(scene)}`,
  ]
}

function exampleCells(pair: ComparedPair, example: ExplainExample): readonly [string, string] {
  switch (example.kind) {
    case 'entry':
      return [pathText(example.difference.path), differenceText(pair, example.difference)]
    case 'layer': {
      const { a, b, layer } = example.layer
      if (a === undefined || b === undefined) return [`layer ${layer}`, a ?? b ?? '']
      return [`layer ${layer}`, `${a} -> ${b}`]
    }
    case 'image': {
      const { a, b, field, path } = example.place
      const name = path === undefined ? (field ?? 'image') : pathText(path)
      return [name, `${a} -> ${b}`]
    }
  }
}

function sceneOf(
  pair: ComparedPair,
  { reproducible }: PairExplanation,
  explained: ExplainedRule,
): RuleScene {
  const one = explained.side ?? 'b'
  const oddSide = reproducible !== undefined && !reproducible.a && reproducible.b ? 'a' : 'b'
  return { pair, explained, one, other: one === 'a' ? 'b' : 'a', oddSide }
}

function document(pair: ComparedPair, explanation: PairExplanation): Json {
  const { reproducible, rules } = explanation
  return {
    schema: 'cfsctl.explain/1',
    a: operandDocument(pair.a),
    b: operandDocument(pair.b),
    rule: rules[0]?.rule ?? null,
    rules: rules.map(explained => {
      const scene = sceneOf(pair, explanation, explained)
      return {
        rule: explained.rule,
        side: explained.side ?? null,
        summary: ruleText(scene),
        count: explained.count,
        examples: explained.examples.map(example => exampleDocument(pair, example)),
        fix: fixText(scene),
      }
    }),
    reproducible: reproducible === undefined ? null : { ...reproducible },
  }
}

function exampleDocument(pair: ComparedPair, example: ExplainExample): Json {
  switch (example.kind) {
    case 'entry':
      return { kind: example.kind, ...(differenceDocument(pair, example.difference) as object) }
    case 'layer': {
      const { a, b, layer } = example.layer
      return { kind: example.kind, layer, a: a ?? null, b: b ?? null }
    }
    case 'image': {
      const { a, b, field, path } = example.place
      return { kind: example.kind, ...textFields('path', path), field: field ?? null, a, b }
    }
  }
}
