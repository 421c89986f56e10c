import type { Digest } from '@composefs/fsverity'
import { publish, type Repository } from '@composefs/repository'
import { type BuildTreeOptions, buildTree } from '../build-tree.ts'
import { readSealLabel } from '../document/config.ts'
import {
  commitImages,
  defaultImageDigest,
  hasAllImages,
  imageNames,
} from '../store/commit-images.ts'
import { configName, openConfig, writeConfig } from '../store/config-stream.ts'
import type { StoredDocument } from '../store/document-stream.ts'
import type { ImageReferences } from '../store/image-references.ts'
import { readImageConfig, type StoredImageConfig } from '../store/open-image.ts'
import { setSealLabel } from './label.ts'

/** A config with the right label, stored but for its names. */
export interface SealedConfig extends StoredDocument {
  readonly json: Uint8Array
  /** The image that the label names. */
  readonly image: Digest
  /** Every image that the config's stream refers to. */
  readonly images: ImageReferences
  /** Streams of the layers by diff id, base first. */
  readonly layers: ReadonlyMap<string, Digest>
  /** False when label and images were right before, and nothing was written. */
  readonly changed: boolean
}

/**
 * Makes the image of a config's layers in each format of the repository, and the config whose label names the one of
 * the default format. Nothing has a name yet.
 */
export async function writeSealedConfig(
  repository: Repository,
  source: StoredImageConfig,
  options: BuildTreeOptions = {},
): Promise<SealedConfig> {
  const tree = await buildTree(repository, source, { ...options, xattrs: 'allowlist-only' })
  const image = defaultImageDigest(repository, tree)
  // In the order of the config: the named references of a stream come back sorted by name.
  const layers = new Map(source.orderedLayers.map(({ diffId, stream }) => [diffId, stream]))
  const isRight = readSealLabel(source.config.labels) === image.hex
  if (isRight && hasAllImages(repository, source.images)) {
    const { digest, stream, json, images } = source
    return { digest, stream, json, image, images, layers, changed: false }
  }
  const images = commitImages(repository, tree, source.images)
  const json = setSealLabel(source.json, image.hex)
  const stored = await writeConfig(repository, { json, layers, images })
  return { ...stored, json, image, images, layers, changed: true }
}

/**
 * Seals a config: stores it again with the label that names the image of its layers, and makes that image mountable.
 * The config before stays as it is.
 *
 * @param verity object id of the config's stream; without it the config, and its layers, are hashed first
 * @throws OciError what openConfig and buildTree throw
 *
 * @example
 * const { digest, image } = await sealConfig(repository, 'sha256:…')
 */
export async function sealConfig(
  repository: Repository,
  digest: string,
  verity?: Digest,
): Promise<SealedConfig> {
  repository.assertWritable()
  const source = readImageConfig(await openConfig(repository, digest, verity))
  const sealed = await writeSealedConfig(repository, source)
  if (sealed.changed) publish(repository, sealedConfigNames(sealed))
  return sealed
}

/** The names of a sealed config and of its images, in the order in which they are published. */
export function sealedConfigNames(sealed: SealedConfig) {
  return [...imageNames(sealed.images), configName(sealed)]
}
