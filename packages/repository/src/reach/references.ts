import { IMAGE_SIZE_MAX, visitObjects } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { assertSize } from '../object-handle.ts'
import type { Repository } from '../repository.ts'

/** Gets an object that is needed, perhaps not for the first time. The bytes are valid during the call. */
export type ObjectSink = (digest: Uint8Array) => void

/** Gets what a stream refers to. */
export interface StreamSink {
  readonly object: ObjectSink
  /** A named reference: an object that is needed, and that may be a stream. */
  readonly named: (name: string, object: Digest) => void
}

/**
 * Reads the references of a stream; its content is not read.
 *
 * @throws RepositoryError what `StreamStore.open` throws
 * @throws SplitstreamError
 */
export async function readStreamReferences(
  { streams }: Repository,
  object: Digest,
  sink: StreamSink,
): Promise<void> {
  const reader = await streams.open(object)
  for (const digest of reader.objectReferences) sink.object(digest.bytes)
  for (const [name, digest] of reader.namedReferences) sink.named(name, digest)
}

/**
 * Reads which objects an image needs. The sink may have got some of them when the image turns out to be broken.
 *
 * @throws RepositoryError what `ObjectStore.open` throws, ERR_REPOSITORY_OBJECT_TOO_LARGE
 * @throws ErofsError
 */
export function readImageReferences(
  { objects, algorithm }: Repository,
  object: Digest,
  sink: ObjectSink,
): void {
  using file = objects.open(object)
  assertSize(object, file.size, IMAGE_SIZE_MAX)
  // Not as a whole: an image of a million files has hundreds of MB.
  visitObjects(file, { algorithm, visit: sink })
}
