import type { PublishedName, Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { sha256Digest } from '../oci-digest.ts'
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

/** The name under which a stored blob is published. */
export function blobName({ digest, stream }: StoredDocument): PublishedName {
  return { kind: 'stream', id: blobStreamId(digest), digest: stream }
}
