import type { Repository } from '@composefs/repository'
import type { Descriptor } from '../document/descriptor.ts'
import { mediaTypeRole, OCI_MANIFEST } from '../document/media-type.ts'
import { sha256Digest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import type { ImageSource } from '../source/image-source.ts'
import { openConfig } from '../store/config-stream.ts'
import { openManifest } from '../store/manifest-stream.ts'
import type { StoredImage } from '../store/open-image.ts'
import { listReferrers } from '../store/referrers.ts'

/**
 * The documents of a stored image, and of what refers to it, as a source has them. Its layers are no blobs: they come
 * from the streams of the repository, which is not closed with the source.
 *
 * A manifest goes by the digest of its bytes, also where an old version has stored it under another.
 */
export function storedSource(
  repository: Repository,
  image: StoredImage,
  description: string,
): ImageSource {
  const { manifest, config } = image
  return {
    description,
    isLocal: true,
    async manifest() {
      return {
        bytes: manifest.json,
        mediaType: manifest.manifest.mediaType ?? OCI_MANIFEST,
        digest: sha256Digest(manifest.json),
      }
    },
    async *blob(descriptor) {
      const isOwnConfig = descriptor.digest === config.digest
      yield isOwnConfig ? config.json.slice() : await readStored(repository, descriptor)
    },
    async referrers(digest) {
      const found: Descriptor[] = []
      for (const artifact of listReferrers(repository, digest)) {
        found.push(await describeManifest(repository, artifact))
      }
      return found
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** The bytes of a manifest or config, which the reader checks. */
async function readStored(repository: Repository, descriptor: Descriptor): Promise<Uint8Array> {
  const { digest, mediaType } = descriptor
  switch (mediaTypeRole(mediaType)) {
    case 'manifest':
      return (await openManifest(repository, digest)).json
    case 'layer':
    case 'index':
      throw new OciError(
        'ERR_OCI_MISSING_BLOB',
        `${repository.path} has no blob ${digest} of type ${mediaType}`,
        { digest, mediaType, path: repository.path },
      )
    default:
      return (await openConfig(repository, digest)).json
  }
}

async function describeManifest(repository: Repository, digest: string): Promise<Descriptor> {
  const { json, manifest } = await openManifest(repository, digest)
  const mediaType = manifest.mediaType ?? OCI_MANIFEST
  return { mediaType, digest, size: json.length, urls: [], annotations: new Map() }
}
