import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { parseConfig, readSealLabel } from '../document/config.ts'
import { isOciError } from '../errors.ts'
import { openConfig } from './config-stream.ts'
import { type ImageReferences, type ImageVariant, linkedImages } from './image-references.ts'
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
  const configs = new Map<string, Pick<ImageUse, 'variant' | 'isSealed'>>()
  for (const { id, digest } of streams.list()) {
    const config = configDigestOfStream(id)
    const manifest = manifestDigestOfStream(id)
    if (config === undefined && manifest === undefined) continue
    try {
      if (manifest !== undefined) {
        const { namedReferences } = await streams.open(digest)
        for (const name of namedReferences.keys()) {
          const manifests = manifestsOf.get(name)
          if (manifests === undefined) manifestsOf.set(name, [manifest])
          else manifests.push(manifest)
        }
      }
      if (config === undefined) continue
      const { images, json } = await openConfig(repository, config, digest)
      const variant = variantOf(images, image)
      const isSealed = sealLabelOf(json) === image.hex
      if (isSealed || variant !== undefined) configs.set(config, { variant, isSealed })
    } catch (error) {
      options.onBroken?.(id, error)
    }
  }
  const tags = listTags(repository)
  return [...configs].map(([configDigest, use]) => {
    const manifests = (manifestsOf.get(configReferenceName(configDigest)) ?? []).sort()
    return {
      configDigest,
      manifests,
      tags: tags.filter(tag => manifests.includes(tag.manifest)).map(({ name }) => name),
      ...use,
    }
  })
}

function variantOf(images: ImageReferences, image: Digest): ImageVariant | undefined {
  const found = linkedImages(images).find(({ digest }) => digest.equals(image))
  return found && { bootable: found.bootable, format: found.format, xattrs: found.xattrs }
}

/** The seal label of a config; configs of artifacts have none. */
function sealLabelOf(json: Uint8Array): string | undefined {
  try {
    return readSealLabel(parseConfig(json).labels)
  } catch (error) {
    if (isOciError(error)) return undefined
    throw error
  }
}
