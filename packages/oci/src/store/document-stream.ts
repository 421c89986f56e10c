import { concatBytes } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import type { SplitstreamReader } from '@composefs/splitstream'
import { JSON_SIZE_MAX } from '../document/json.ts'
import { OciError } from '../errors.ts'

/** A config, manifest or other blob in the repository. */
export interface StoredDocument {
  /** `sha256:HEX` of the bytes. */
  readonly digest: string
  /** Object id of its stream: what `verity` means on the command line. */
  readonly stream: Digest
}

/** What to store of a document: its bytes as one object, and what its stream keeps alive. */
export interface DocumentStream {
  readonly contentType: string
  readonly bytes: Uint8Array
  /** Names and digests in the order of the stream references. */
  readonly references: Iterable<readonly [name: string, digest: Digest]>
}

/**
 * Stores the bytes as an object and a stream that consists of it, whatever their size. The stream gets no name yet:
 * that is the caller's to give, after a sync.
 */
export async function storeDocument(
  repository: Repository,
  document: DocumentStream,
): Promise<Digest> {
  const { digest, size } = repository.objects.put(document.bytes)
  const writer = repository.streams.createWriter(document.contentType)
  for (const [name, reference] of document.references) writer.addNamedReference(name, reference)
  writer.writeExternal(digest, size)
  return await repository.streams.store(writer)
}

/**
 * The bytes of a stored document: its one object or, in streams of the first version, what is inline.
 *
 * @throws OciError ERR_OCI_BAD_DOCUMENT_STREAM for any other stream, ERR_OCI_BAD_JSON above JSON_SIZE_MAX
 */
export async function readDocumentStream(
  repository: Repository,
  stream: SplitstreamReader,
  what: string,
): Promise<Uint8Array> {
  if (stream.size > JSON_SIZE_MAX) {
    throw new OciError(
      'ERR_OCI_BAD_JSON',
      `${what} of ${stream.size} bytes: at most ${JSON_SIZE_MAX} are read`,
      { expected: JSON_SIZE_MAX, actual: stream.size },
    )
  }
  const count = stream.objectReferences.length
  if (count > 1) throw badStream(what, `names ${count} objects`)
  const pieces: Uint8Array[] = []
  let external = 0
  let inline = 0
  for await (const chunk of stream.chunks()) {
    if (chunk.kind === 'inline') {
      inline += chunk.data.length
      pieces.push(chunk.data)
    } else {
      external += 1
      if (external > 1) break
      pieces.push(repository.objects.read(chunk.digest, { maxSize: JSON_SIZE_MAX }))
    }
  }
  if (external !== count || (external > 0 && inline > 0)) {
    throw badStream(what, `has ${external} external chunks and ${inline} inline bytes`)
  }
  const bytes = concatBytes(pieces)
  if (bytes.length !== stream.size) {
    throw badStream(what, `says ${stream.size} bytes and has ${bytes.length}`)
  }
  return bytes
}

function badStream(what: string, reason: string): OciError {
  return new OciError('ERR_OCI_BAD_DOCUMENT_STREAM', `the stream of ${what} ${reason}`)
}
