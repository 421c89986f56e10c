import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { parseConfig, readSealLabel } from '../document/config.ts'
import { openConfig } from './config-stream.ts'
import {
  type ImageVariant,
  imageReferencesOf,
  type LinkedImage,
  linkedImages,
} from './image-references.ts'
import { configReferenceName } from './manifest-stream.ts'
import { configDigestOfStream, manifestDigestOfStream } from './stream-names.ts'
import { listTags } from './tags.ts'

/** An OCI image that an EROFS image was made of. */
export interface ImageUse {
  readonly configDigest: string
  /** The manifests with that config, sorted. */
  readonly manifests: readonly string[]
  /** The tags of those manifests, sorted. */
  readonly tags: readonly string[]
  /** Which image of the OCI image it is. Undefined for one whose config names it by its label alone. */
  readonly variant: ImageVariant | undefined
  /** The label of the config names this EROFS image. */
  readonly isSealed: boolean
}

/**
 * The OCI images that an EROFS image was made of, or that are sealed to it, by the digests of their configs. Streams
 * that cannot be read are told to `onBroken`, and left out.
 */
export async function listImageUses(
  repository: Repository,
  image: Digest,
  options: { onBroken?(stream: string, error: unknown): void } = {},
): Promise<ImageUse[]> {
  const { streams } = repository
  const manifestsOf = new Map<string, string[]>()
  const configs = new Map<string, ImageVariant | undefined>()
  const labelled = new Set<string>()
  for (const { id, digest } of streams.list()) {
    const config = configDigestOfStream(id)
    const manifest = manifestDigestOfStream(id)
    if (config === undefined && manifest === undefined) continue
    try {
      const { namedReferences } = await streams.open(digest)
      if (manifest !== undefined) {
        for (const name of namedReferences.keys()) {
          manifestsOf.set(name, [...(manifestsOf.get(name) ?? []), manifest])
        }
      }
      if (config === undefined) continue
      const linked = linkedImages(imageReferencesOf(namedReferences))
      const variant = variantOf(linked, image)
      const isSealed = (await labelOf(repository, config, digest)) === image.hex
      if (isSealed) labelled.add(config)
      if (isSealed || variant !== undefined) configs.set(config, variant)
    } catch (error) {
      options.onBroken?.(id, error)
    }
  }
  const tags = listTags(repository)
  return [...configs].map(([configDigest, variant]) => {
    const manifests = (manifestsOf.get(configReferenceName(configDigest)) ?? []).sort()
    return {
      configDigest,
      manifests,
      tags: tags.filter(tag => manifests.includes(tag.manifest)).map(({ name }) => name),
      variant,
      isSealed: labelled.has(configDigest),
    }
  })
}

function variantOf(linked: readonly LinkedImage[], image: Digest): ImageVariant | undefined {
  const found = linked.find(({ digest }) => digest.equals(image))
  return found && { bootable: found.bootable, format: found.format, xattrs: found.xattrs }
}

/** The seal label of a config; configs of artifacts have none. */
async function labelOf(
  repository: Repository,
  digest: string,
  stream: Digest,
): Promise<string | undefined> {
  const { json } = await openConfig(repository, digest, stream)
  try {
    return readSealLabel(parseConfig(json).labels)
  } catch {
    return undefined
  }
}
