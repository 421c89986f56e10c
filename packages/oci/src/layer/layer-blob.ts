import type { CheckedBlob } from '../decompress/checked-blob.ts'
import { type DetectedBlob, detectBlob } from '../decompress/decompress.ts'
import type { Compression } from '../decompress/detect.ts'
import { type LayerPacking, mediaTypeFacts } from '../document/media-type.ts'
import { OciError } from '../errors.ts'
import { defaultLayerSizeMax, type ReadLayerOptions } from './read-layer-options.ts'

/** Sizes in bytes. */
export interface LayerSizes {
  readonly size: number
  readonly blobSize: number
}

/** The bytes of a layer so far, and how many there may be. */
export class LayerSize {
  readonly #blob: CheckedBlob
  readonly #max: number | undefined
  #value = 0

  constructor(blob: CheckedBlob, max: number | undefined) {
    this.#blob = blob
    this.#max = max
  }

  get value(): number {
    return this.#value
  }

  /** @throws OciError ERR_OCI_LAYER_TOO_LARGE */
  add(bytes: number): void {
    this.#value += bytes
    const { size } = this.#blob
    const limit = this.#max ?? defaultLayerSizeMax(size)
    if (this.#value <= limit) return
    const message = `more than ${limit} bytes uncompressed, of ${size} bytes of the blob`
    throw new OciError('ERR_OCI_LAYER_TOO_LARGE', message, { expected: limit })
  }
}

/** Looks at the beginning of the blob of a layer. */
export async function detectLayer(
  blob: AsyncIterable<Uint8Array>,
  options: ReadLayerOptions,
): Promise<DetectedBlob> {
  if (options.compression === 'none') return { compression: 'none', bytes: blob, async close() {} }
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
