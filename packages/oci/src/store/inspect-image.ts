import { showUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import type { XattrMode } from '../xattr-mode.ts'
import { bootImage, imageReferencesOf, linkedImages, plainImage } from './image-references.ts'
import type { StoredImage } from './open-image.ts'
import { listReferrers } from './referrers.ts'
import { configDigestOfStream } from './stream-names.ts'
import { listTags } from './tags.ts'

/** The document of `oci inspect`, keys in its order. */
export interface ImageInspection {
  /** The JSON texts as they are stored. */
  readonly manifest: string
  readonly config: string
  /** Digests of manifests that say something about this one. */
  readonly referrers: readonly string[]
  /** Hex of the images of the repository's default format. */
  readonly composefs_erofs: string | null
  readonly composefs_boot_erofs: string | null
  readonly manifest_digest: string
  readonly config_digest: string
  readonly tags: readonly string[]
}

/** Tells everything about a stored image that is in the repository, without reading layers. */
export function inspectImage(repository: Repository, stored: StoredImage): ImageInspection {
  const { manifest, config } = stored
  const version = repository.erofsVersions.default
  return {
    manifest: showUtf8(manifest.json),
    config: showUtf8(config.json),
    referrers: listReferrers(repository, manifest.digest),
    composefs_erofs: plainImage(config.images, version)?.hex ?? null,
    composefs_boot_erofs: bootImage(config.images, version)?.hex ?? null,
    manifest_digest: manifest.digest,
    config_digest: config.digest,
    tags: listTags(repository)
      .filter(tag => tag.manifest === manifest.digest)
      .map(({ name }) => name),
  }
}

/** One line of `oci linked-erofs-images`, keys in its order. */
export interface LinkedImageInfo {
  /** Hex. */
  readonly id: string
  readonly bootable: boolean
  readonly version: 1 | 2
  readonly xattrMode: XattrMode | null
}

/** The images that were made of the same OCI image as `image`, itself included; none when no config refers to it. */
export async function linkedErofsImages(
  repository: Repository,
  image: Digest,
): Promise<LinkedImageInfo[]> {
  for (const { id, digest } of repository.streams.list()) {
    if (configDigestOfStream(id) === undefined) continue
    const { namedReferences } = await repository.streams.open(digest)
    const images = linkedImages(imageReferencesOf(namedReferences))
    if (!images.some(linked => linked.digest.equals(image))) continue
    return images.map(({ digest: { hex }, bootable, format, xattrs }) => ({
      id: hex,
      bootable,
      version: format,
      xattrMode: bootable ? xattrs : null,
    }))
  }
  return []
}
