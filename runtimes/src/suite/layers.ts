import { encodeUtf8 } from '@composefs/bytes'
import { encodeImage, imageDigest } from '@composefs/erofs'
import { type Algorithm, SHA256, SHA512 } from '@composefs/fsverity'
import { LayerMerger, transformTree } from '@composefs/oci/layer'
import { type FileTree, writeDump } from '@composefs/tree'
import { sha256 } from './plain-hash.ts'
import { type Rows, same } from './report.ts'
import { joinTar, type Split, splitTar } from './split.ts'
import type { Vectors } from './vectors.ts'

interface Case {
  readonly id: string
  readonly file: string
  readonly diff_id: string
  readonly layer: {
    readonly verdict: 'accept' | 'reject'
    readonly entries?: readonly string[]
    readonly external?: readonly Readonly<Record<'sha256' | 'sha512', string>>[]
  }
  readonly image: {
    readonly verdict: 'accept' | 'reject'
    readonly tree?: readonly string[]
    readonly image_ids?: Readonly<Record<string, string>>
    readonly v2?: { readonly verdict: 'reject' }
  }
}

/** Layers to entries and objects, layers over each other to a tree, and its image. */
export async function runLayers(vectors: Vectors, rows: Rows): Promise<void> {
  const { cases } = await vectors.json<{ cases: readonly Case[] }>('tar/index.json')
  const base = await vectors.bytes('tar/_base.tar')
  for (const each of cases) {
    const tar = await vectors.bytes(`tar/${each.file}`)
    if (each.layer.verdict === 'reject') {
      await rows.refused('layers refused', each.id, () => splitTar(tar, SHA256))
      continue
    }
    await rows.row('layers split', each.id, () => checkSplit(tar, each))
    if (each.image.verdict === 'reject') {
      await rows.refused('layer trees refused', each.id, () => imageTree([base, tar], SHA256))
      continue
    }
    await rows.row('layers merged', each.id, () => checkTree([base, tar], each))
    if (each.image.v2 === undefined) continue
    await rows.refused('trees refused', `${each.id} V2`, () =>
      encodeImage(imageTree([base, tar], SHA256), { version: 2 }),
    )
  }
}

function checkSplit(tar: Uint8Array, { layer, diff_id }: Case): void {
  const split = splitTar(tar, SHA256)
  same('the listing', split.lines.map(vectorLine), layer.entries)
  same('what the parts give back', `sha256:${sha256(joinTar(split))}`, diff_id)
  const external = layer.external ?? []
  same('the objects', objectsOf(split), objectNames(external, 'sha256'))
  same('their sha512', objectsOf(splitTar(tar, SHA512)), objectNames(external, 'sha512'))
}

function objectsOf({ parts }: Split): string[] {
  return parts.flatMap(part => (part instanceof Uint8Array ? [] : [part.hex]))
}

function objectNames(
  external: readonly Readonly<Record<'sha256' | 'sha512', string>>[],
  algorithm: 'sha256' | 'sha512',
): string[] {
  return external.map(object => object[algorithm])
}

function checkTree(layers: readonly Uint8Array[], { image }: Case): void {
  for (const algorithm of [SHA256, SHA512]) {
    const tree = imageTree(layers, algorithm)
    if (algorithm === SHA256) same('the tree', dumpLines(tree), image.tree)
    for (const version of [1, 2] as const) {
      const id = image.image_ids?.[`${algorithm.name}_v${version}`]
      if (id !== undefined) same('the id', imageDigest(tree, { version, algorithm }).hex, id)
    }
  }
}

function imageTree(layers: readonly Uint8Array[], algorithm: Algorithm): FileTree {
  const merger = new LayerMerger(algorithm)
  for (const [index, tar] of layers.entries()) {
    merger.beginLayer({ index, diffId: `layer ${index}` })
    for (const entry of splitTar(tar, algorithm).entries) merger.apply(entry)
  }
  const tree = merger.finish()
  transformTree(tree, { xattrs: 'allowlist-only' })
  return tree
}

function dumpLines(tree: FileTree): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const text = [...writeDump(tree)].map(piece => decoder.decode(piece)).join('')
  return text.trimEnd().split('\n').map(vectorLine)
}

/** A line as the vectors have it: very long ones are given by their hash. */
function vectorLine(line: string): string {
  return line.length <= 8192 ? line : `line-sha256:${sha256([encodeUtf8(line)])}`
}
