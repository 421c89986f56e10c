/** What became of one step. */
export interface DecoderStep {
  /** Bytes of input that were used up. */
  readonly read: number
  /** Bytes of output that were written, from its start. */
  readonly written: number
  /** The member or frame is complete. */
  readonly isEnd: boolean
}

/** Decompresses one format between memory of the caller, step by step: what a repository calls a RawDecoder. */
export interface Decoder {
  step(input: Uint8Array, output: Uint8Array): DecoderStep
  reset(): void
  close(): void
}

/** An error as `node:zlib` throws it. */
export function zlibError(message: string, code: string, errno: number): Error {
  return Object.assign(new Error(message), { code, errno })
}

/** The caller's mistake: a decoder is used after `close`. */
export function closedError(): Error {
  return new Error('the decoder is closed')
}
