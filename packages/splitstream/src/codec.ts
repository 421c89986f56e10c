import type { ByteRange, ByteSource } from './byte-source.ts'

/** Who compresses: the one seam between the format and a runtime's zstd. */
export interface ZstdCodec {
  /**
   * A compressor of one frame: level 3, streaming, no content size announced, no checksum, no dictionary. Other
   * settings are as readable, but the stream's object then has another name than cfsctl gives it.
   */
  createCompressor(): ZstdCompressor
  /**
   * Yields what the frames in `range` hold, in pieces of bounded size. Skippable frames hold nothing, an empty range
   * neither.
   *
   * @throws SplitstreamError ERR_SPLITSTREAM_BAD_ZSTD when the range is not a row of whole, intact frames; what came
   *   before the fault has been yielded then
   */
  decompress(source: ByteSource, range: ByteRange): AsyncIterable<Uint8Array>
}

/** One frame in the making. */
export interface ZstdCompressor {
  /** Takes a copy of `data`. */
  write(data: Uint8Array): void
  /** Bytes of output so far. */
  readonly compressedSize: number
  /** Waits until no more than a fixed amount of what was written is still uncompressed. */
  drain(): Promise<void>
  /** Ends the frame and gives all of it. */
  finish(): Promise<Uint8Array>
  /** Gives the frame up and frees what it holds. */
  abort(): void
}
