import type { Digest } from '@composefs/fsverity'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { inLayer, OciError } from '../errors.ts'
import type { ImportLayerOptions } from './import-options.ts'
import { LayerImport } from './layer-import.ts'

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
 * Memory: the slots of the intake, two pieces of the blob, the references and the compressed splitstream.
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
  const { repository } = options
  const writer = repository.streams.createWriter(CONTENT_TYPES.layer)
  const layer = new LayerImport(writer, options)
  try {
    const { size, blobSize } = await layer.run(blob)
    const { inlineSize } = writer
    const stream = await repository.streams.store(writer)
    const { diffId } = options.expected
    return { diffId, stream, size, inlineSize, ...layer.counts, blobSize }
  } finally {
    writer.abort()
  }
}
