import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeImage, imageDigest, isErofsError } from '@composefs/erofs'
import { type Algorithm, SHA256, SHA512 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { type FileTree, writeDump } from '@composefs/tree'
import { describe, expect, test } from 'vitest'
import { LayerMerger, type MergeWarning, type OciErrorCode, transformTree } from '../src/index.ts'
import { importLayer } from '../src/layer/import-layer.ts'
import { inChunks } from './chunks.ts'
import { memoryRepository } from './memory-repository.ts'
import { ociCode } from './oci-code.ts'
import { splitInMemory, vectorLine } from './split-in-memory.ts'
import { REASONS } from './tar-vectors.ts'

interface ImageVector {
  readonly id: string
  readonly file: string
  readonly diff_id: string
  readonly note?: string
  readonly layer: { readonly verdict: 'accept' | 'reject' }
  readonly image: {
    readonly verdict: 'accept' | 'reject'
    readonly reason?: string
    readonly tree?: readonly string[]
    readonly image_ids?: Readonly<Record<string, string>>
    readonly v2?: { readonly verdict: 'reject'; readonly reason: string }
  }
  readonly upstream: { readonly differs?: readonly string[] }
}

const directory = join(vectorsDirectory, 'tar')
const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
  readonly base: { readonly tree: readonly string[] }
  readonly cases: readonly ImageVector[]
}
const cases = index.cases.filter(each => each.layer.verdict === 'accept')

/** The classes in which the vectors say why a tree is refused, by our codes. */
const TREE_REASONS: Partial<Record<OciErrorCode, readonly string[]>> = {
  ERR_OCI_TREE_BAD_PATH: ['bad-path'],
  ERR_OCI_TREE_NAME_TOO_LONG: ['name-too-long'],
  ERR_OCI_TREE_SYMLINK_TOO_LONG: ['symlink-too-long'],
  ERR_OCI_TREE_EMPTY_SYMLINK: ['empty-symlink'],
  ERR_OCI_TREE_XATTR_TOO_LONG: ['xattr-too-long'],
  ERR_OCI_TREE_BAD_DEVICE: ['bad-device', 'number-out-of-range'],
  ERR_OCI_TREE_NOT_A_DIRECTORY: ['not-a-directory'],
  ERR_OCI_TREE_MISSING_HARDLINK_TARGET: ['missing-hardlink-target'],
  ERR_OCI_TREE_HARDLINK_TO_DIRECTORY: ['hardlink-to-directory'],
  ERR_OCI_TREE_BAD_WHITEOUT: ['bad-whiteout'],
}

/** The tree of an image of these layers, before the transform. */
function merge(
  files: readonly string[],
  options: { algorithm?: Algorithm; strict?: boolean; warnings?: MergeWarning[] } = {},
): FileTree {
  const { algorithm = SHA256, strict = false, warnings } = options
  const merger = new LayerMerger(algorithm, { strict, onWarning: each => warnings?.push(each) })
  for (const [index, file] of files.entries()) {
    merger.beginLayer({ index, diffId: file })
    const { entries } = splitInMemory([readFileSync(join(directory, file))], algorithm)
    for (const entry of entries) merger.apply(entry)
  }
  return merger.finish()
}

function imageTree(vector: { readonly file: string }, algorithm = SHA256): FileTree {
  const tree = merge(['_base.tar', vector.file], { algorithm })
  transformTree(tree, { xattrs: 'allowlist-only' })
  return tree
}

function dumpLines(tree: FileTree): string[] {
  const dump = Buffer.concat([...writeDump(tree)]).toString('latin1')
  return dump.trimEnd().split('\n').map(vectorLine)
}

describe('the tree of an image with this layer', () => {
  test('the base alone', () => {
    const tree = merge(['_base.tar'])
    transformTree(tree, { xattrs: 'allowlist-only' })
    expect(dumpLines(tree)).toEqual(index.base.tree)
  })

  const accepted = cases.filter(each => each.image.verdict === 'accept')
  test.each(accepted)('$id', each => {
    expect(dumpLines(imageTree(each))).toEqual(each.image.tree)
  })

  test.each(accepted)('$id has its image ids', each => {
    const ids = each.image.image_ids ?? {}
    for (const algorithm of [SHA256, SHA512]) {
      const tree = imageTree(each, algorithm)
      for (const version of [1, 2] as const) {
        const expected = ids[`${algorithm.name}_v${version}`]
        if (expected === undefined) continue
        expect(imageDigest(tree, { version, algorithm }).hex).toBe(expected)
      }
    }
  })

  test.each(accepted.filter(each => each.image.v2 !== undefined))('$id is refused by V2', each => {
    expect(() => encodeImage(imageTree(each), { version: 2 })).toThrow(
      expect.toSatisfy(error => isErofsError(error)),
    )
  })

  test.each(cases.filter(each => each.image.verdict === 'reject'))('$id is refused', async each => {
    const code = await ociCode(() => imageTree(each))
    const reasons = code === undefined ? [] : (TREE_REASONS[code] ?? [REASONS[code]])
    expect(reasons).toContain(each.image.reason)
  })
})

test('an error while a layer is read names layer and entry once', async () => {
  const merger = new LayerMerger(SHA256)
  const diffId = index.cases.find(each => each.id === 'wh-bare')?.diff_id ?? ''
  merger.beginLayer({ index: 2, diffId })
  const importing = importLayer(inChunks(readFileSync(join(directory, 'wh-bare.tar'))), {
    repository: memoryRepository(),
    expected: { diffId },
    layer: 3,
    entries: { onEntry: entry => merger.apply(entry) },
  })
  await expect(importing).rejects.toMatchObject({
    code: 'ERR_OCI_TREE_BAD_WHITEOUT',
    message: `layer 3 (${diffId}): /lower/.wh.: a whiteout of no name`,
    facts: { layer: 3, diffId, entry: '/lower/.wh.' },
  })
})

describe('what differs from cfsctl', () => {
  test.each(cases.filter(each => each.image.verdict === 'accept'))('$id warns', each => {
    const warnings: MergeWarning[] = []
    merge(['_base.tar', each.file], { warnings })
    const kinds = new Set(warnings.map(warning => warning.kind))
    expect(kinds.has('missing-parent')).toBe(each.id.startsWith('missing-parent'))
    const isKept = each.id === 'add-then-wh' || each.id === 'siblings-then-opq'
    expect(kinds.has('whiteout-kept-own-layer')).toBe(isKept)
    for (const warning of warnings) {
      expect(warning).toMatchObject({ layer: 2, diffId: each.file })
      expect(warning.message).toContain(warning.entry)
    }
  })

  test.each(['missing-parent.tar', 'missing-parent-distroless.tar'])(
    '%s is refused when strict',
    async file => {
      expect(await ociCode(() => merge(['_base.tar', file], { strict: true }))).toBe(
        'ERR_OCI_TREE_MISSING_PARENT',
      )
    },
  )
})
