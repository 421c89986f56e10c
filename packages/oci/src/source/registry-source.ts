import type { ImageSource } from './image-source.ts'
import type { OpenRegistryOptions } from './registry-source-options.ts'

/**
 * Opens an image in a registry. Nothing is asked of the registry before the manifest is wanted.
 *
 * A digest is taken whatever the tag beside it says, and names its image whatever the platform, unless one is asked
 * for.
 *
 * @param name `HOST/NAME[:TAG][@DIGEST]`, without a transport
 * @throws RegistryError ERR_REGISTRY_BAD_REFERENCE, ERR_REGISTRY_UNQUALIFIED, ERR_REGISTRY_BLOCKED,
 * ERR_REGISTRY_BAD_CONFIG
 *
 * @example
 * await using source = await openRegistryImage('quay.io/fedora/fedora:41')
 * const { digest } = await source.manifest()
 */
export async function openRegistryImage(
  name: string,
  options: OpenRegistryOptions = {},
): Promise<ImageSource> {
  // The HTTP client takes longer to load than most commands take that need none.
  const { RegistryImage } = await import('./registry-image.ts')
  return RegistryImage.open(name, options)
}
