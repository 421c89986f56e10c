/** What became of one step. */
export interface DecoderStep {
  /** Bytes of input that were used up. */
  readonly read: number
  /** Bytes of output that were written, from its start. */
  readonly written: number
  /** The member or frame is complete: `reset` comes before the next step. */
  readonly isEnd: boolean
}

/** Decompresses one format, synchronously, between memory of the caller. */
export interface RawDecoder {
  /**
   * Goes on until the input is used up, the output is full, or a member or frame ends. Where the output is full there
   * may be more to come, without any further input.
   *
   * @param output may be shared memory; behind what is written there may be anything afterwards
   * @throws errors as those of `node:zlib`, with its codes and messages
   */
  step(input: Uint8Array, output: Uint8Array): DecoderStep
  /** Begins another member or frame. */
  reset(): void
  /** Frees its memory. */
  close(): void
}

/**
 * Who decompresses layers, one decoder for each. A repository does not use it itself: it carries it for whoever stores
 * layers, as it carries `hashing`.
 */
export interface DecoderEngine {
  /** A decoder of gzip members; undefined where `node:zlib` is all there is. */
  gzip(): RawDecoder | undefined
  /** A decoder of zstd frames; undefined where `node:zlib` is all there is. */
  zstd(): RawDecoder | undefined
}
