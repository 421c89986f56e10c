import type { Hashing } from '@composefs/fsverity'
import type { DecoderEngine } from '@composefs/repository'
import { CheckedBlob } from '../decompress/checked-blob.ts'
import { decode } from '../decompress/decompress.ts'
import { readAhead } from '../decompress/read-ahead.ts'
import { detectLayer, LayerSize, type LayerSizes } from '../layer/layer-blob.ts'
import { LayerDigests } from '../layer/layer-digests.ts'
import type { ReadLayerOptions } from '../layer/read-layer-options.ts'
import { type LayerSink, LayerSplitter } from '../tar/splitter.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'

export interface SplitLayerOptions extends ReadLayerOptions {
  readonly hashing: Hashing
  /** Who decompresses. Default: `node:zlib`. */
  readonly decoders?: DecoderEngine | undefined
  /** Gets the parts of the layer. */
  readonly sink: LayerSink
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
): Promise<LayerSizes> {
  const { expected, signal, maxSize } = options
  // First of all: nothing is open yet that would have to be closed.
  const digests = new LayerDigests(expected, options.hashing)
  const { compression, bytes } = await detectLayer(blob, options)
  const checked = new CheckedBlob(bytes, {
    ...options,
    expectedSize: expected.blobSize,
    hash: digests.startBlob(compression),
  })
  const packed = compression === 'none' ? checked : readAhead(checked)

  const splitter = new LayerSplitter(options.sink)
  const turns = new EventLoopTurns()
  const size = new LayerSize(checked, maxSize)
  try {
    for await (const chunk of readAhead(decode(compression, packed, options.decoders))) {
      signal?.throwIfAborted()
      size.add(chunk.length)
      digests.layer.update(chunk)
      splitter.push(chunk)
      // Small zstd frames come without any wait: a few KiB may be minutes of work.
      const turn = turns.due()
      if (turn !== undefined) await turn
    }
    splitter.finish()
    digests.verify(checked.size)
    return { size: size.value, blobSize: checked.size }
  } finally {
    splitter.abort()
    digests.close()
  }
}
