import {
  formatRegistryReference,
  isRegistryError,
  parseRegistryReference,
} from '@composefs/registry'

/**
 * A name of an image as Docker understands it: `debian` is `docker.io/library/debian:latest`. Undefined for text that is
 * no name.
 */
export function fullImageName(text: string): string | undefined {
  try {
    return formatRegistryReference(parseRegistryReference(qualified(text)))
  } catch (error) {
    if (isRegistryError(error, 'ERR_REGISTRY_BAD_REFERENCE')) return undefined
    throw error
  }
}

/** With Docker's own registry where there is none. */
function qualified(text: string): string {
  try {
    parseRegistryReference(text)
    return text
  } catch (error) {
    if (isRegistryError(error, 'ERR_REGISTRY_UNQUALIFIED')) return `docker.io/${text}`
    throw error
  }
}
