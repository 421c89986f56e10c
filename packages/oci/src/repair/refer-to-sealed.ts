import { openImage as openErofs } from '@composefs/erofs'
import { publish, type Repository } from '@composefs/repository'
import { configName, type StoredConfig, writeConfig } from '../store/config-stream.ts'
import { imageFormat, imageReferenceKey } from '../store/image-references.ts'
import { manifestName, type StoredManifest, writeManifest } from '../store/manifest-stream.ts'
import type { StoredImageConfig } from '../store/open-image.ts'
import { DEFAULT_XATTR_MODE } from '../xattr-mode.ts'
import { sealedImage } from './remake-images.ts'

/**
 * Makes the config refer to the image of its seal, if that is there and the config does not: an image pulled from
 * elsewhere may be sealed in a format that this repository does not make by itself. Without a reference the next garbage
 * collection would remove what a repair has made.
 *
 * @returns whether config and manifest have been stored anew
 */
export async function referToSealed(
  repository: Repository,
  { manifest, config }: { readonly manifest: StoredManifest; readonly config: StoredConfig },
  parsed: StoredImageConfig,
): Promise<boolean> {
  const sealed = sealedImage(repository, parsed)
  if (sealed === undefined || !repository.images.has(sealed)) return false
  if ([...config.images.values()].some(image => image.equals(sealed))) return false
  using image = repository.images.open(sealed)
  const { version } = openErofs(image.bytes(), { algorithm: repository.algorithm })
  const format = imageFormat(version)
  const key = imageReferenceKey({ bootable: false, format, xattrs: DEFAULT_XATTR_MODE })
  if (config.images.has(key)) return false
  const { json, layers } = config
  const images = new Map([...config.images, [key, sealed]])
  const newConfig = await writeConfig(repository, { json, layers, images })
  const { blobs, docker } = manifest
  const newManifest = await writeManifest(repository, {
    json: manifest.json,
    config: newConfig,
    layers: manifest.layers,
    blobs,
    docker,
  })
  publish(repository, [configName(newConfig), manifestName(newManifest)])
  return true
}
