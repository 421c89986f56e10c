import type { Repository } from '@composefs/repository'
import { readSealLabel } from '../document/config.ts'
import { plainImage } from './image-references.ts'
import { openImage, type StoredImage } from './open-image.ts'
import { listReferrers } from './referrers.ts'
import { listTags } from './tags.ts'

/** One line of `oci images --json`, keys in its order. */
export interface ImageSummary {
  readonly name: string
  readonly manifest_digest: string
  readonly is_container: boolean
  /** Empty for artifacts, like `os`. */
  readonly architecture: string
  readonly os: string
  readonly created: string | null
  readonly layer_count: number
  readonly referrer_count: number
  /** Hex object id of the manifest's stream. */
  readonly manifest_verity: string
  /** Hex of the plain image of the repository's default format. */
  readonly composefs_erofs: string | null
  /** The seal label. */
  readonly sealed: string | null
}

/**
 * Lists the tagged images, sorted by name. Those that do not open, because something is missing or the manifest is not
 * what its digest says, are left out and told to `onBroken`.
 */
export async function listImages(
  repository: Repository,
  options: { onBroken?(name: string, error: unknown): void } = {},
): Promise<ImageSummary[]> {
  const images: ImageSummary[] = []
  const { onBroken } = options
  for (const { name, manifest } of listTags(repository, onBroken)) {
    try {
      // By digest, not by tag, so that the manifest is checked.
      const image = await openImage(repository, { kind: 'manifest', digest: manifest })
      images.push(summarize(repository, name, image))
    } catch (error) {
      onBroken?.(name, error)
    }
  }
  return images
}

function summarize(repository: Repository, name: string, stored: StoredImage): ImageSummary {
  const { manifest, image, config } = stored
  const erofs = plainImage(config.images, repository.erofsVersions.default)
  return {
    name,
    manifest_digest: manifest.digest,
    is_container: manifest.isContainer,
    architecture: image?.config.platform?.architecture ?? '',
    os: image?.config.platform?.os ?? '',
    created: image?.config.created ?? null,
    layer_count: manifest.manifest.layers.length,
    referrer_count: listReferrers(repository, manifest.digest).length,
    manifest_verity: manifest.stream.hex,
    composefs_erofs: erofs?.hex ?? null,
    sealed: (image && readSealLabel(image.config.labels)) ?? null,
  }
}
