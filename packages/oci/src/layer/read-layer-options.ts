import type { ExpectedLayer } from './layer-digests.ts'

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
