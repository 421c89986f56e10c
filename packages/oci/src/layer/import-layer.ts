import type { Digest, Hashing } from '@composefs/fsverity'
import type { ObjectStore, StreamStore } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { inLayer, OciError } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import { LayerStore } from './layer-store.ts'
import { type ReadLayerOptions, splitLayer } from './split-layer.ts'

/** What an import needs of a repository. */
export interface LayerRepository {
  readonly objects: ObjectStore
  readonly streams: Pick<StreamStore, 'createWriter' | 'store'>
  readonly hashing: Hashing
  assertWritable(): void
}

export interface ImportLayerOptions extends ReadLayerOptions {
  readonly repository: LayerRepository
  /** Number of the layer in its image, the lowest being 1: for errors. */
  readonly layer?: number
  /** Gets every entry, in tar order, while the layer is read: before it is known that the layer is good. */
  onEntry?(entry: TarEntry): void
}

/** A layer that is stored as a splitstream, still without a name. */
export interface ImportedLayer {
  readonly diffId: string
  /** Object of the splitstream. */
  readonly stream: Digest
  /** Bytes of the uncompressed layer. */
  readonly size: number
  /** Those of them that are in the splitstream itself. */
  readonly inlineSize: number
  /** Contents that were stored, and contents that were there already. */
  readonly objectsNew: number
  readonly objectsPresent: number
  /** Bytes of the contents that were stored. */
  readonly bytesStored: number
  readonly blobSize: number
}

/**
 * Stores a layer: contents of more than 64 bytes as objects, all else as a splitstream that gives back the layer byte
 * for byte. Names nothing: the caller syncs, then links `oci-layer-DIFFID` to `stream`.
 *
 * Everything about the layer is checked before it returns, in this order: the compressed data ends cleanly, the tar
 * does, digest and size of the blob, diff ID. After an error, objects may be left for the garbage collection, and no
 * file is open. Chunks of `blob` must stay valid until the next but one is asked for.
 *
 * Memory: two pieces of 1 MiB, one content of at most 256 KiB, the references and the compressed splitstream.
 *
 * @throws OciError ERR_OCI_TAR_*, ERR_OCI_COMPRESSION_*, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_SIZE_MISMATCH,
 *   ERR_OCI_DIFF_ID_MISMATCH, ERR_OCI_LAYER_TOO_LARGE, with layer and diff ID, and entry and offset where they are known
 * @throws RepositoryError, system errors of the repository; the reason of `signal`; errors of `blob`
 *
 * @example
 * const { stream } = await importLayer(createReadStream('layer.tar.gz'), { repository, expected: { diffId } })
 * repository.sync()
 * repository.streams.link(`oci-layer-${diffId}`, stream)
 */
export async function importLayer(
  blob: AsyncIterable<Uint8Array>,
  options: ImportLayerOptions,
): Promise<ImportedLayer> {
  const { expected, layer } = options
  try {
    options.repository.assertWritable()
    return await storeLayer(blob, options)
  } catch (error) {
    throw error instanceof OciError ? inLayer(error, { layer, diffId: expected.diffId }) : error
  }
}

async function storeLayer(
  blob: AsyncIterable<Uint8Array>,
  options: ImportLayerOptions,
): Promise<ImportedLayer> {
  const { repository, expected } = options
  const writer = repository.streams.createWriter(CONTENT_TYPES.layer)
  try {
    const store = new LayerStore(repository.objects, writer, options)
    const { size, blobSize } = await splitLayer(blob, {
      ...options,
      hashing: repository.hashing,
      sink: store,
      async afterPiece({ isInsidePiece }) {
        // Where no piece goes across: a reader of the stream asks for whole ones.
        if (!isInsidePiece) writer.allowBreak()
        await writer.drain()
      },
    })
    const { inlineSize } = writer
    const stream = await repository.streams.store(writer)
    const { diffId } = expected
    return { diffId, stream, size, inlineSize, ...store.counts, blobSize }
  } finally {
    writer.abort()
  }
}
