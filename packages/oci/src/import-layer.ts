import { toHex } from '@composefs/bytes'
import type { Digest, Hashing, StreamHash } from '@composefs/fsverity'
import type { ObjectStore, StreamStore } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { CheckedBlob } from './decompress/checked-blob.ts'
import { type DetectedBlob, decode, detectBlob } from './decompress/decompress.ts'
import type { Compression } from './decompress/detect.ts'
import { readAhead } from './decompress/read-ahead.ts'
import { inLayer, OciError } from './errors.ts'
import { LayerStore } from './layer-store.ts'
import { type LayerPacking, mediaTypeFacts } from './media-type.ts'
import { requireOciDigest } from './oci-digest.ts'
import type { TarEntry } from './tar/entry.ts'
import { LayerSplitter } from './tar/splitter.ts'

/** What an import needs of a repository. */
export interface LayerRepository {
  readonly objects: ObjectStore
  readonly streams: Pick<StreamStore, 'createWriter' | 'store'>
  readonly hashing: Hashing
  assertWritable(): void
}

/** What a layer must turn out to be. */
export interface ExpectedLayer {
  /** `sha256:HEX` of the uncompressed layer. */
  readonly diffId: string
  /** Digest of the blob, sha256 or sha512. Without it only the diff ID is checked. */
  readonly blobDigest?: string
  /** Bytes of the blob. */
  readonly blobSize?: number
}

export interface ImportLayerOptions {
  readonly repository: LayerRepository
  readonly expected: ExpectedLayer
  /** `none`: the blob is a plain tar, whatever it begins with. Default: its first bytes decide. */
  readonly compression?: 'detect' | 'none'
  /** Media type of the blob. Its first bytes have the last word. */
  readonly mediaTypeHint?: string
  /** Number of the layer in its image, the lowest being 1: for errors. */
  readonly layer?: number
  /** Gets every entry, in tar order, while the layer is read: before it is known that the layer is good. */
  onEntry?(entry: TarEntry): void
  /** Gets the number of blob bytes that were read so far. */
  onProgress?(bytes: number): void
  readonly signal?: AbortSignal
  /** Most bytes of the uncompressed layer. Default: no limit, since nothing is held in memory. */
  readonly maxSize?: number
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
  const { repository, expected, signal, maxSize = Number.MAX_SAFE_INTEGER } = options
  // First of all: nothing is open yet that would have to be closed.
  const digests = new LayerDigests(expected, repository.hashing)
  const { compression, bytes } = await detect(blob, options)
  const checked = new CheckedBlob(bytes, {
    ...options,
    expectedSize: expected.blobSize,
    hash: digests.startBlob(compression),
  })
  const packed = compression === 'none' ? checked : readAhead(checked)

  const writer = repository.streams.createWriter(CONTENT_TYPES.layer)
  const store = new LayerStore(repository.objects, writer, options)
  const splitter = new LayerSplitter(store)
  let size = 0
  try {
    for await (const chunk of readAhead(decode(compression, packed))) {
      signal?.throwIfAborted()
      size += chunk.length
      if (size > maxSize) throw tooLarge(maxSize)
      digests.layer.update(chunk)
      splitter.push(chunk)
      // Where no piece goes across: a reader of the stream asks for whole ones.
      if (!splitter.isInsidePiece) writer.allowBreak()
      await writer.drain()
    }
    splitter.finish()
    digests.verify(checked.size)
    const { inlineSize } = writer
    const stream = await repository.streams.store(writer)
    const { diffId } = expected
    return { diffId, stream, size, inlineSize, ...store.counts, blobSize: checked.size }
  } finally {
    splitter.abort()
    writer.abort()
  }
}

async function detect(
  blob: AsyncIterable<Uint8Array>,
  options: ImportLayerOptions,
): Promise<DetectedBlob> {
  if (options.compression === 'none') return { compression: 'none', bytes: blob }
  const { mediaTypeHint } = options
  const packing = mediaTypeHint === undefined ? undefined : mediaTypeFacts(mediaTypeHint)?.packing
  return await detectBlob(blob, { hint: packing && COMPRESSIONS[packing] })
}

const COMPRESSIONS: Readonly<Record<LayerPacking, Compression>> = {
  plain: 'none',
  gzip: 'gzip',
  zstd: 'zstd',
}

/** The hashes of a layer and of its blob, and what they must be. */
class LayerDigests {
  readonly layer: StreamHash
  readonly #expected: ExpectedLayer
  readonly #hashing: Hashing
  readonly #blobAlgorithm: 'sha256' | 'sha512'
  #blob: StreamHash | undefined

  /** @throws OciError ERR_OCI_BAD_DIGEST, ERR_OCI_UNSUPPORTED_DIGEST */
  constructor(expected: ExpectedLayer, hashing: Hashing) {
    const { diffId, blobDigest } = expected
    requireOciDigest(diffId, 'the layer')
    if (blobDigest !== undefined) {
      requireOciDigest(blobDigest, 'the layer blob', ['sha256', 'sha512'])
    }
    this.#expected = expected
    this.#hashing = hashing
    this.#blobAlgorithm = blobDigest?.startsWith('sha512:') ? 'sha512' : 'sha256'
    this.layer = hashing.stream('sha256')
  }

  /** The hash to feed with the blob; undefined where there is nothing to check that `layer` does not tell. */
  startBlob(compression: Compression): StreamHash | undefined {
    if (this.#expected.blobDigest === undefined) return undefined
    // A plain layer is its own blob: one hash is both.
    if (compression === 'none' && this.#blobAlgorithm === 'sha256') return undefined
    this.#blob = this.#hashing.stream(this.#blobAlgorithm)
    return this.#blob
  }

  /** @throws OciError ERR_OCI_DIGEST_MISMATCH, ERR_OCI_SIZE_MISMATCH, ERR_OCI_DIFF_ID_MISMATCH */
  verify(blobSize: number): void {
    const { diffId, blobDigest, blobSize: expectedSize } = this.#expected
    const layer = `sha256:${toHex(this.layer.digest())}`
    if (blobDigest !== undefined) {
      const blob = this.#blob ? `${this.#blobAlgorithm}:${toHex(this.#blob.digest())}` : layer
      if (blob !== blobDigest) throw mismatch('ERR_OCI_DIGEST_MISMATCH', blobDigest, blob)
    }
    if (expectedSize !== undefined && blobSize !== expectedSize) {
      throw new OciError(
        'ERR_OCI_SIZE_MISMATCH',
        `a blob of ${blobSize} bytes, not ${expectedSize}`,
        {
          expected: expectedSize,
          actual: blobSize,
        },
      )
    }
    if (layer !== diffId) throw mismatch('ERR_OCI_DIFF_ID_MISMATCH', diffId, layer)
  }
}

function mismatch(
  code: 'ERR_OCI_DIGEST_MISMATCH' | 'ERR_OCI_DIFF_ID_MISMATCH',
  expected: string,
  actual: string,
): OciError {
  const what = code === 'ERR_OCI_DIFF_ID_MISMATCH' ? 'the uncompressed layer' : 'the blob'
  return new OciError(code, `${what} is ${actual}, not ${expected}`, { expected, actual })
}

function tooLarge(maxSize: number): OciError {
  const message = `more than ${maxSize} bytes uncompressed`
  return new OciError('ERR_OCI_LAYER_TOO_LARGE', message, { expected: maxSize })
}
