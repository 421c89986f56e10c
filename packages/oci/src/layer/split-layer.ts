import type { Hashing } from '@composefs/fsverity'
import { CheckedBlob } from '../decompress/checked-blob.ts'
import { type DetectedBlob, decode, detectBlob } from '../decompress/decompress.ts'
import type { Compression } from '../decompress/detect.ts'
import { readAhead } from '../decompress/read-ahead.ts'
import { type LayerPacking, mediaTypeFacts } from '../document/media-type.ts'
import { OciError } from '../errors.ts'
import { type LayerSink, LayerSplitter } from '../tar/splitter.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { type ExpectedLayer, LayerDigests } from './layer-digests.ts'

/** How to read the blob of a layer. */
export interface ReadLayerOptions {
  readonly expected: ExpectedLayer
  /** `none`: the blob is a plain tar, whatever it begins with. Default: its first bytes decide. */
  readonly compression?: 'detect' | 'none'
  /** Media type of the blob. Its first bytes have the last word. */
  readonly mediaTypeHint?: string
  /** Gets the number of blob bytes that were read so far. */
  onProgress?(bytes: number): void
  readonly signal?: AbortSignal
  /**
   * Most bytes of the uncompressed layer. Default: 4 GiB, and 100 more for each byte of the blob that was read by
   * then. Nothing is held in memory, but all of it is hashed, and what are files is stored.
   */
  readonly maxSize?: number | undefined
}

/** Bytes that any blob may unfold to: most layers are smaller, whatever zeros are in them. */
const LAYER_SIZE_FREE: number = 4 * 2 ** 30

/**
 * Further bytes that each byte of a blob may unfold to. Real layers come to ten; gzip can do a thousand and zstd thirty
 * thousand: a few MiB could fill a disk.
 */
const LAYER_RATIO_MAX = 100

/** Most bytes that the first `blobSize` bytes of a blob may unfold to when nobody says how much. */
export function defaultLayerSizeMax(blobSize: number): number {
  return LAYER_SIZE_FREE + LAYER_RATIO_MAX * blobSize
}

export interface SplitLayerOptions extends ReadLayerOptions {
  readonly hashing: Hashing
  /** Gets the parts of the layer. */
  readonly sink: LayerSink
  /** Called when a piece of the tar was split, before the next one is read: for back-pressure. */
  afterPiece?(splitter: LayerSplitter): Promise<void>
}

/** Sizes in bytes. */
export interface SplitLayer {
  readonly size: number
  readonly blobSize: number
}

/**
 * Reads the blob of a layer once: decompresses and hashes it and hands its parts to a sink.
 *
 * Everything about the layer is checked before it returns, in this order: the compressed data ends cleanly, the tar
 * does, digest and size of the blob, diff ID. What the sink got before an error is worth nothing.
 *
 * @throws OciError ERR_OCI_TAR_*, ERR_OCI_COMPRESSION_*, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_SIZE_MISMATCH,
 *   ERR_OCI_DIFF_ID_MISMATCH, ERR_OCI_LAYER_TOO_LARGE; what the sink throws; the reason of `signal`; errors of `blob`
 */
export async function splitLayer(
  blob: AsyncIterable<Uint8Array>,
  options: SplitLayerOptions,
): Promise<SplitLayer> {
  const { expected, signal, maxSize } = options
  // First of all: nothing is open yet that would have to be closed.
  const digests = new LayerDigests(expected, options.hashing)
  const { compression, bytes } = await detect(blob, options)
  const checked = new CheckedBlob(bytes, {
    ...options,
    expectedSize: expected.blobSize,
    hash: digests.startBlob(compression),
  })
  const packed = compression === 'none' ? checked : readAhead(checked)

  const splitter = new LayerSplitter(options.sink)
  const turns = new EventLoopTurns()
  let size = 0
  try {
    for await (const chunk of readAhead(decode(compression, packed))) {
      signal?.throwIfAborted()
      size += chunk.length
      const limit = maxSize ?? defaultLayerSizeMax(checked.size)
      if (size > limit) throw tooLarge(limit, checked.size)
      digests.layer.update(chunk)
      splitter.push(chunk)
      await options.afterPiece?.(splitter)
      // Small zstd frames come without any wait: a few KiB may be minutes of work.
      const turn = turns.due()
      if (turn !== undefined) await turn
    }
    splitter.finish()
    digests.verify(checked.size)
    return { size, blobSize: checked.size }
  } finally {
    splitter.abort()
  }
}

async function detect(
  blob: AsyncIterable<Uint8Array>,
  options: ReadLayerOptions,
): Promise<DetectedBlob> {
  if (options.compression === 'none') return { compression: 'none', bytes: blob }
  const { mediaTypeHint, expected } = options
  // A blob under the digest of its own tar is not packed, whatever a made-up manifest says of it.
  const isPlain = expected.blobDigest === expected.diffId
  const packing =
    mediaTypeHint === undefined || isPlain ? undefined : mediaTypeFacts(mediaTypeHint)?.packing
  return await detectBlob(blob, { hint: packing && COMPRESSIONS[packing] })
}

const COMPRESSIONS: Readonly<Record<LayerPacking, Compression>> = {
  plain: 'none',
  gzip: 'gzip',
  zstd: 'zstd',
}

function tooLarge(limit: number, blobSize: number): OciError {
  const message = `more than ${limit} bytes uncompressed, of ${blobSize} bytes of the blob`
  return new OciError('ERR_OCI_LAYER_TOO_LARGE', message, { expected: limit })
}
