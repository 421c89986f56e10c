import type { Repository } from '@composefs/repository'
import type { Descriptor } from '../document/descriptor.ts'
import { OCI_MANIFEST } from '../document/media-type.ts'
import type { ImageSource } from '../source/image-source.ts'
import { missingBlob } from '../source/missing-blob.ts'

/** What is known of an image before a source is asked. */
export interface KnownDocuments {
  readonly manifest: {
    readonly digest: string
    readonly bytes: Uint8Array
    readonly mediaType: string | undefined
  }
  readonly config: { readonly digest: string; readonly bytes: Uint8Array } | undefined
}

/**
 * A source whose documents are known, and whose other blobs come from `rest`. It does not close `rest`. Without one
 * there are no other blobs.
 */
export function knownDocumentsSource(
  repository: Repository,
  { manifest, config }: KnownDocuments,
  rest: ImageSource | undefined,
): ImageSource {
  return {
    description: rest?.description ?? repository.path,
    isLocal: rest?.isLocal ?? true,
    hasUnpackedLayers: rest?.hasUnpackedLayers ?? false,
    async manifest() {
      const { bytes, digest, mediaType = OCI_MANIFEST } = manifest
      return { bytes, digest, mediaType }
    },
    async *blob(descriptor: Descriptor, options) {
      if (config !== undefined && descriptor.digest === config.digest) yield config.bytes.slice()
      else if (rest === undefined) throw missingBlob(descriptor, repository.path)
      else yield* rest.blob(descriptor, options)
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
