import { checkImage, compareImages, type ImageDifference, type ImageRule } from '@composefs/erofs'
import { type Digest, fsverityDigest, type Hashing } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import {
  type ExplainTreesOptions,
  explainTrees,
  type Side,
  type TreeDifference,
  type TreeFinding,
  type TreeRule,
} from '@composefs/tree'
import { compareLayers, type LayerDifference, type LayerRule } from './compare-layers.ts'
import { findLateWhiteouts, type LateWhiteouts } from './late-whiteouts.ts'
import type { ComparedPair } from './open-pair.ts'

/** Everything that can give one image two ids. */
export type ExplainRule = 'hash-algorithm' | LayerRule | TreeRule | ImageRule

/** What one rule explains. */
export interface ExplainedRule {
  readonly rule: ExplainRule
  /** The side that it was applied to, if it is one. */
  readonly side: Side | undefined
  /** Entries or layers that it explains; 1 for what is about the images as wholes. */
  readonly count: number
  readonly examples: readonly ExplainExample[]
}

/** Something that a rule explains: an entry of the trees, a layer, or a place in the images. */
export type ExplainExample =
  | { readonly kind: 'entry'; readonly difference: TreeDifference }
  | { readonly kind: 'layer'; readonly layer: LayerDifference }
  | { readonly kind: 'image'; readonly place: Omit<ImageDifference, 'rule'> }

/** Why two trees, or images of one tree, are not the same. */
export interface PairExplanation {
  /** The first one is the verdict. None: there is one tree, and as far as there are images they are the same. */
  readonly rules: readonly ExplainedRule[]
  /** Of images with the same tree and format, and yet two ids: whether each is what this library writes of that tree. */
  readonly reproducible: Readonly<Record<Side, boolean>> | undefined
}

/** What explaining a pair needs beside the two. */
export interface ExplainPairOptions extends Pick<ExplainTreesOptions, 'examples'> {
  readonly hashing: Hashing
  /** Of container images: tells their late whiteouts. */
  readonly repository: Repository | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Tells why two images of which one would think that they are the same have two ids: the rules that they differ by,
 * those first that explain most. The trees are compared first, then, where they are equal, the images themselves.
 *
 * @throws OciError, ErofsError for what cannot be read
 */
export async function explainPair(
  pair: ComparedPair,
  options: ExplainPairOptions,
): Promise<PairExplanation> {
  const { a, b } = pair
  if (a.tree.algorithm !== b.tree.algorithm) {
    const place = { a: a.tree.algorithm.name, b: b.tree.algorithm.name }
    return { rules: [aboutImages('hash-algorithm', place)], reproducible: undefined }
  }
  const layers = compareLayers(a.config?.config.diffIds, b.config?.config.diffIds)
  const trees = await explainBothTrees(pair, options)
  const hasVersions = a.version !== undefined && b.version !== undefined
  const hasTwoFormats = hasVersions && a.version !== b.version
  const rules: ExplainedRule[] = []
  if (hasTwoFormats) {
    const place = { a: `V${a.version}`, b: `V${b.version}` }
    rules.push(aboutImages('format-version', place))
  }
  const ofTrees = trees.map(ofTree)
  // Layers that came or went explain the trees; layers that are other ones are explained by them.
  if (layers?.rule === 'changed-layer') rules.push(...ofTrees, ofLayers(layers))
  else rules.push(...(layers === undefined ? [] : [ofLayers(layers)]), ...ofTrees)
  if (trees.length > 0 || hasTwoFormats) return { rules, reproducible: undefined }
  return explainImages(pair, rules, options)
}

function explainImages(
  { a, b }: ComparedPair,
  rules: readonly ExplainedRule[],
  options: ExplainPairOptions,
): PairExplanation {
  if (a.image === undefined || b.image === undefined || a.id?.hex === b.id?.hex) {
    return { rules, reproducible: undefined }
  }
  const { examples } = options
  const images = compareImages(a.image, b.image, examples === undefined ? {} : { examples })
  return {
    rules: [
      ...images.map(({ rule, count, examples }) => ({
        rule,
        side: undefined,
        count,
        examples: examples.map(({ rule: _, ...place }) => ({ kind: 'image', place }) as const),
      })),
      ...rules,
    ],
    reproducible: {
      a: checkImage(a.image).isReproducible,
      b: checkImage(b.image).isReproducible,
    },
  }
}

async function explainBothTrees(
  { a, b }: ComparedPair,
  { examples, hashing, repository, signal }: ExplainPairOptions,
): Promise<TreeFinding[]> {
  const { algorithm } = a.tree
  const base: ExplainTreesOptions = {
    ...(examples === undefined ? {} : { examples }),
    digestOf: (content): Digest => fsverityDigest(content, { algorithm, hashing }),
  }
  const findings = explainTrees(a.tree, b.tree, base)
  const isMissing = findings.some(({ rule }) => rule === 'added-entry' || rule === 'removed-entry')
  if (!isMissing || repository === undefined) return findings
  // Only merging all layers anew tells, so it is done where something is to be explained by it.
  const late: LateWhiteouts[] = []
  for (const { config } of [a, b]) {
    if (config !== undefined) late.push(await findLateWhiteouts(repository, config, signal))
  }
  if (late.every(({ count }) => count === 0)) return findings
  const isLateWhiteout = (path: Uint8Array) => late.some(whiteouts => whiteouts.covers(path))
  return explainTrees(a.tree, b.tree, { ...base, isLateWhiteout })
}

function aboutImages(rule: ExplainRule, place: { a: string; b: string }): ExplainedRule {
  return { rule, side: undefined, count: 1, examples: [{ kind: 'image', place }] }
}

function ofTree({ rule, side, count, examples }: TreeFinding): ExplainedRule {
  return {
    rule,
    side,
    count,
    examples: examples.map(difference => ({ kind: 'entry', difference })),
  }
}

function ofLayers({ rule, layers }: { rule: LayerRule; layers: LayerDifference[] }): ExplainedRule {
  return {
    rule,
    side: 'b',
    count: layers.length,
    examples: layers.map(layer => ({ kind: 'layer', layer })),
  }
}
