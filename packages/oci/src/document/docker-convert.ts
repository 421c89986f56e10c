import { encodeUtf8 } from '@composefs/bytes'
import type { Descriptor } from './descriptor.ts'
import type { Manifest } from './manifest.ts'
import { mediaTypeFacts, OCI_MANIFEST } from './media-type.ts'

/**
 * The OCI form of a Docker schema 2 manifest, as compact JSON: `schemaVersion`, `mediaType`, `config`, `layers`, each
 * descriptor with `mediaType`, `digest`, `size` and its `urls`, if any.
 *
 * The bytes are API: their SHA-256 names the stored manifest. Config and layers keep their digests, only the media
 * types change; types without an OCI form stay as they are.
 */
export function convertDockerManifest(manifest: Manifest): Uint8Array {
  return encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: convertDescriptor(manifest.config),
      layers: manifest.layers.map(convertDescriptor),
    }),
  )
}

function convertDescriptor(descriptor: Descriptor): object {
  const { mediaType, digest, size, urls } = descriptor
  return {
    mediaType: mediaTypeFacts(mediaType)?.oci ?? mediaType,
    digest,
    size,
    ...(urls.length > 0 ? { urls } : {}),
  }
}
