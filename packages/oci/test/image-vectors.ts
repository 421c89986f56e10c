import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Repository } from '@composefs/repository'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { writeDump } from '@composefs/tree'
import { expect } from 'vitest'
import { buildTree } from '../src/build-tree.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { isOciError } from '../src/errors.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions, PullResult } from '../src/pull/pull-options.ts'
import { openImage, openImageConfig } from '../src/store/open-image.ts'
import { listReferrers } from '../src/store/referrers.ts'
import { reasonOf } from './reasons.ts'
import { contentDigest, visibleNames } from './visible-names.ts'

/** What an image of the vectors is once it is pulled. */
export interface ImageFacts {
  readonly manifest_digest: string
  readonly config_digest: string
  readonly diff_ids?: readonly string[]
  readonly tree?: readonly string[]
  readonly image_ids?: Readonly<Record<string, string>>
  readonly artifact?: boolean
  readonly subject?: string
  readonly sequence?: readonly (readonly [tag: string, verdict: string, reason: string | null])[]
}

/** One case of the vectors in `oci/`. */
export interface ImageVector {
  readonly id: string
  readonly file: string
  readonly ref: string | null
  readonly tests: string
  readonly verdict: 'accept' | 'reject' | 'sequence'
  readonly reason?: string
  readonly note?: string
  readonly facts?: ImageFacts
}

/** Where the layouts of the vectors are. */
export const imageVectorsDirectory = join(vectorsDirectory, 'oci')

export const imageVectors: readonly ImageVector[] = (
  JSON.parse(readFileSync(join(imageVectorsDirectory, 'index.json'), 'utf8')) as {
    cases: ImageVector[]
  }
).cases

/** The vectors were made on linux/amd64. */
export const VECTOR_PULL: PullOptions = { tag: 'pulled', platform: parsePlatform('linux/amd64') }

/** The lines of the tree of a stored image. */
export async function dumpLines(repository: Repository, reference: string): Promise<string[]> {
  const tree = await buildTree(repository, await openImageConfig(repository, reference))
  return Buffer.concat([...writeDump(tree)])
    .toString()
    .split('\n')
    .slice(0, -1)
}

/** The reason class of a pull that is refused, else `accepted`. */
export async function reasonOfPull(
  repository: Repository,
  reference: string,
  options: PullOptions = VECTOR_PULL,
): Promise<string> {
  try {
    await pull(repository, reference, options)
  } catch (error) {
    if (isOciError(error, 'ERR_OCI_TAR_BAD_CHECKSUM')) expect(error.facts.layer).toBe(2)
    return reasonOf(error)
  }
  return 'accepted'
}

/** Nothing may be seen of an image that was refused but the layers of it that are good. */
export async function expectNothingVisible(repository: Repository): Promise<void> {
  for (const name of visibleNames(repository)) {
    const layer = /^streams\/(oci-layer-(sha256:.*))$/.exec(name)
    expect(layer, name).not.toBeNull()
    expect(await contentDigest(repository, layer?.[1] ?? '')).toBe(layer?.[2])
  }
}

/** The image tagged `pulled` is what the vectors say, in every part that is stored. */
export async function expectFacts(
  repository: Repository,
  result: PullResult,
  facts: ImageFacts,
): Promise<void> {
  expect(result.dockerManifestDigest ?? result.manifestDigest).toBe(facts.manifest_digest)
  expect(result.configDigest).toBe(facts.config_digest)
  expect(result.isArtifact).toBe(facts.artifact ?? false)
  if (facts.diff_ids !== undefined) {
    expect(result.layers.map(({ diffId }) => diffId)).toEqual(facts.diff_ids)
  }
  const { manifest, config } = await openImage(repository, 'pulled')
  expect(manifest.digest).toBe(result.manifestDigest)
  expect(manifest.stream.hex).toBe(result.manifestVerity?.hex)
  expect(config.digest).toBe(facts.config_digest)
  expect(config.stream.hex).toBe(result.configVerity?.hex)
  expect(await contentDigest(repository, `oci-manifest-${manifest.digest}`)).toBe(manifest.digest)
  expect(await contentDigest(repository, `oci-config-${config.digest}`)).toBe(config.digest)
  if (result.dockerManifestDigest !== null) {
    const original = result.dockerManifestDigest
    expect(await contentDigest(repository, `oci-blob-${original}`)).toBe(original)
  }
  for (const { diffId } of result.layers) {
    expect(await contentDigest(repository, `oci-layer-${diffId}`)).toBe(diffId)
  }
  if (facts.tree !== undefined) expect(await dumpLines(repository, 'pulled')).toEqual(facts.tree)
  const images = new Map(result.images.map(({ version, digest }) => [version, digest.hex]))
  expect([...images.keys()]).toEqual(facts.artifact ? [] : [1, 2])
  expect(result.composefsErofs?.hex).toBe(images.get(1))
  for (const [version, name] of [
    [1, 'sha256_v1'],
    [2, 'sha256_v2'],
  ] as const) {
    const expected = facts.image_ids?.[name]
    if (expected !== undefined) expect(images.get(version)).toBe(expected)
  }
  if (facts.subject !== undefined) {
    expect(result.subject).toBe(facts.subject)
    expect(listReferrers(repository, facts.subject)).toEqual([manifest.digest])
  }
}
