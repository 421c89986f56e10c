import type { Digest } from '@composefs/fsverity'
import type { PublishedName, Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { sha256Digest } from '../document/oci-digest.ts'
import { type StoredDocument, storeDocument } from './document-stream.ts'
import { blobStreamId } from './stream-names.ts'

/** Stores bytes that are neither layer, config nor manifest, such as the Docker manifest of a converted one. */
export async function writeBlob(
  repository: Repository,
  bytes: Uint8Array,
): Promise<StoredDocument> {
  const stream = await storeDocument(repository, {
    contentType: CONTENT_TYPES.blob,
    bytes,
    references: [],
  })
  return { digest: sha256Digest(bytes), stream }
}

/** Stores the stream of a blob whose bytes are an object already. */
export async function writeBlobStream(
  repository: Repository,
  blob: { readonly object: Digest; readonly size: number },
): Promise<Digest> {
  const writer = repository.streams.createWriter(CONTENT_TYPES.blob)
  writer.writeExternal(blob.object, blob.size)
  return await repository.streams.store(writer)
}

/** The name under which a stored blob is published. */
export function blobName({ digest, stream }: StoredDocument): PublishedName {
  return { kind: 'stream', id: blobStreamId(digest), digest: stream }
}
