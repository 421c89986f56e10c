import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { blobStreamId, layerStreamId } from './stream-names.ts'

/** A blob that the repository has byte for byte, as one object. */
export interface KeptBlob {
  /** `sha256:HEX` or `sha512:HEX` of the bytes. Whoever reads them checks it. */
  readonly digest: string
  readonly size: number
  readonly object: Digest
  /** The stream that consists of the object: what a manifest refers to. */
  readonly stream: Digest
  /** The bytes in pieces, each the caller's own. The object is checked as the mode of the repository asks. */
  chunks(): Generator<Uint8Array, void, undefined>
}

/**
 * Finds a blob that is kept as it came: the packed form of a layer that was pulled with `keepBlobs`, the layer of an
 * artifact, the Docker manifest of a converted one. Undefined where there is none, or not all of it.
 *
 * @throws SplitstreamError, RepositoryError for a stream that cannot be read
 *
 * @example
 * const blob = await keptBlob(repository, descriptor.digest)
 * if (blob !== undefined) for (const chunk of blob.chunks()) socket.write(chunk)
 */
export async function keptBlob(
  repository: Repository,
  digest: string,
): Promise<KeptBlob | undefined> {
  for (const id of [blobStreamId(digest), layerStreamId(digest)]) {
    const stream = repository.streams.lookup(id)
    if (stream === undefined || !repository.objects.has(stream)) continue
    const found = await openKept(repository, { digest, stream })
    if (found !== undefined) return found
  }
  return undefined
}

async function openKept(
  repository: Repository,
  named: { readonly digest: string; readonly stream: Digest },
): Promise<KeptBlob | undefined> {
  const { contentType, objectReferences, size } = await repository.streams.open(named.stream)
  // A stream of another type under the digest of a blob is a plain layer: that one is read through its entries.
  if (contentType !== CONTENT_TYPES.blob || objectReferences.length !== 1) return undefined
  const object = objectReferences.at(0)
  if (object === undefined || repository.objects.sizeOf(object) !== size) return undefined
  return { ...named, size, object, chunks: () => repository.objects.chunks(object) }
}
