import { formatAlgorithm } from '@composefs/fsverity'
import type { ComparedPair, ComparedTree, OperandKind } from '@composefs/oci'
import { printable } from '../output/printable.ts'
import type { Json } from '../output/result.ts'
import { shortDigest } from './oci/short-digest.ts'

const KINDS: Readonly<Record<OperandKind, string>> = {
  oci: 'container image',
  image: 'image',
  'image-file': 'image in a file',
  dump: 'dump',
  directory: 'directory',
}

/** Two lines that say what is compared. */
export function operandLines({ a, b }: ComparedPair): string[] {
  return [`A  ${operandText(a)}`, `B  ${operandText(b)}`]
}

function operandText({ word, kind, id, version }: ComparedTree): string {
  const format = version === undefined ? '' : `, V${version}`
  const name = id === undefined ? '' : `, ${shortDigest(id.hex)}`
  return `${printable(word)} (${KINDS[kind]}${format}${name})`
}

/** What a side of a comparison is, for programs. */
export function operandDocument({ word, kind, id, tree, version }: ComparedTree): Json {
  return {
    name: word,
    kind,
    id: id?.hex ?? null,
    algorithm: formatAlgorithm(tree.algorithm),
    erofs_version: version ?? null,
  }
}
