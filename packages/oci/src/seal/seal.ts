import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import type { BuildTreeOptions } from '../build-tree.ts'
import type { StoredDocument } from '../store/document-stream.ts'
import { manifestName, writeManifest } from '../store/manifest-stream.ts'
import { openImage, requireContainer } from '../store/open-image.ts'
import { encodeTag, tagName } from '../store/tags.ts'
import { setManifestConfig } from './label.ts'
import { sealedConfigNames, writeSealedConfig } from './seal-config.ts'

/** How to seal an image. */
export interface SealOptions extends Omit<BuildTreeOptions, 'xattrs'> {
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
  /** False when the image was sealed before: then nothing is written but a new tag. */
  readonly changed: boolean
}

/**
 * Seals an image: writes the id of its EROFS image, in the repository's default format, into its config. Stores config,
 * manifest and images, then sets the tag. All layers stay, and all text of the documents but the label and what follows
 * from it.
 *
 * @throws OciError what openImage and buildTree throw, ERR_OCI_NOT_AN_IMAGE, ERR_OCI_BAD_TAG
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY and others of writing
 *
 * @example
 * const { manifest, image } = await seal(repository, 'app:1.0', { tag: 'app:1.0-sealed' })
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
  const tag = options.tag ?? stored.tag
  const config = await writeSealedConfig(repository, source, options)
  const names: PublishedName[] = []
  let manifest: StoredDocument = stored.manifest
  if (config.changed) {
    manifest = await writeManifest(repository, {
      json: setManifestConfig(stored.manifest.json, config),
      config,
      layers: config.layers,
      blobs: stored.manifest.blobs,
    })
    names.push(...sealedConfigNames(config), manifestName(manifest))
  }
  if (tag !== undefined) names.push(tagName(tag, manifest.digest))
  publish(repository, names)
  const { image, changed } = config
  return { manifest, config, sourceConfig: source.digest, image, tag, changed }
}
