/** Most bytes that are decompressed at once. The default of node:zlib for output, 16 KiB, halves the speed of inflate. */
export const STEP_SIZE: number = 1 << 20

/** Yields when its Output is full, and needs another piece of memory to go on. */
export type Filling = AsyncIterable<void> | Iterable<void>

/** Decompresses input that is pushed, into an Output. */
export interface PushDecoder {
  /** True when the decoder found the end of its format and takes no more. */
  readonly hasEnded: boolean
  /** Bytes of input that were used up, up to the last time that the output was full or the input used up. */
  readonly bytesRead: number
  /** Decompresses all of `input`, unless the end comes before. */
  decode(input: Uint8Array): Filling
  /** Says that there is no more input, and decompresses what is left. */
  finish(): Filling
  close(): void
}

/** `chunk` in pieces that are decompressed without a look at anything else. */
export function* inSteps(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
  if (chunk.length <= STEP_SIZE) return yield chunk
  for (let at = 0; at < chunk.length; at += STEP_SIZE) yield chunk.subarray(at, at + STEP_SIZE)
}
