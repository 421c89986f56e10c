import type { Digest } from '@composefs/fsverity'
import { publish, type Repository } from '@composefs/repository'
import { type BuildTreeOptions, buildTree } from '../build-tree.ts'
import { commitImages, defaultImageDigest, imageNames } from '../commit-images.ts'
import { configName, type StoredDocument, writeConfig } from '../store/config-stream.ts'
import { manifestName, writeManifest } from '../store/manifest-stream.ts'
import {
  openImage,
  requireContainer,
  type StoredImage,
  type StoredImageConfig,
} from '../store/open-image.ts'
import { encodeTag, tagName } from '../store/tags.ts'
import { readSealLabel, setManifestConfig, setSealLabel } from './label.ts'

/** How to seal an image. */
export interface SealOptions extends BuildTreeOptions {
  /** The tag for the sealed image, in place of the one it was named by. */
  readonly tag?: string
}

/** A sealed image. */
export interface SealResult {
  readonly manifest: StoredDocument
  readonly config: StoredDocument
  /** Digest of the config before. */
  readonly sourceConfig: string
  /** The image that the label names. */
  readonly image: Digest
  /** Undefined when nothing names the sealed image, so that the next garbage collection removes it. */
  readonly tag: string | undefined
  /** False when the label was right before, and nothing was written. */
  readonly changed: boolean
}

/**
 * Seals an image: writes the id of its EROFS image, in the repository's default format, into its config. Stores config,
 * manifest and images, then moves the tag. All layers stay, and all text of the documents but the label and what
 * follows from it.
 *
 * @throws OciError what openImage and buildTree throw, ERR_OCI_NOT_AN_IMAGE, ERR_OCI_BAD_TAG
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY and others of writing
 */
export async function seal(
  repository: Repository,
  reference: string,
  options: SealOptions = {},
): Promise<SealResult> {
  repository.assertWritable()
  if (options.tag !== undefined) encodeTag(options.tag)
  const stored = await openImage(repository, reference)
  const source = requireContainer(stored)
  const tree = await buildTree(repository, source, { ...options, xattrs: 'allowlist-only' })
  const image = defaultImageDigest(repository, tree)
  const tag = options.tag ?? stored.tag
  const result = { image, tag, sourceConfig: source.digest }
  if (readSealLabel(source.config.labels) === image.hex && tag === stored.tag) {
    return { ...result, manifest: stored.manifest, config: source, changed: false }
  }
  const images = commitImages(repository, tree, source.images)
  const { config, manifest } = await writeSealed(repository, stored, {
    ...source,
    json: setSealLabel(source.json, image.hex),
    images,
  })
  publish(repository, [
    ...imageNames(images),
    configName(config),
    manifestName(manifest),
    ...(tag === undefined ? [] : [tagName(tag, manifest.digest)]),
  ])
  return { ...result, config, manifest, changed: true }
}

async function writeSealed(
  repository: Repository,
  { manifest }: StoredImage,
  source: StoredImageConfig,
): Promise<{ config: StoredDocument; manifest: StoredDocument }> {
  const { json, images } = source
  // In the order of the config: the named references of a stream come back sorted by name.
  const layers = new Map(source.orderedLayers.map(({ diffId, stream }) => [diffId, stream]))
  const config = await writeConfig(repository, { json, layers, images })
  return {
    config,
    manifest: await writeManifest(repository, {
      json: setManifestConfig(manifest.json, { digest: config.digest, json }),
      config,
      layers,
    }),
  }
}
