import type { RegistryOptions } from '@composefs/registry'
import type { ImageTarget } from './image-target.ts'

/**
 * Writes to a repository of a registry, under the tag of the name: `latest` where it has neither tag nor digest. Nothing
 * is asked of the registry before the first blob.
 *
 * @param name `HOST/NAME[:TAG][@DIGEST]`, without a transport; a digest is what the manifest has to have
 * @throws RegistryError ERR_REGISTRY_BAD_REFERENCE, ERR_REGISTRY_UNQUALIFIED, ERR_REGISTRY_BLOCKED,
 * ERR_REGISTRY_BAD_CONFIG
 *
 * @example
 * await using target = await createRegistryTarget('quay.io/example/app:1.0')
 */
export async function createRegistryTarget(
  name: string,
  options: RegistryOptions = {},
): Promise<ImageTarget> {
  // The HTTP client takes longer to load than most commands take that need none.
  const { RegistryImageTarget } = await import('./registry-image-target.ts')
  return RegistryImageTarget.open(name, options)
}
