import type { StreamHash } from '@composefs/fsverity'
import { OciError } from '../errors.ts'

export interface CheckedBlobOptions {
  /** Gets all bytes. */
  readonly hash?: StreamHash | undefined
  /** More bytes than this are refused as soon as they come. */
  readonly expectedSize?: number | undefined
  onProgress?(bytes: number): void
  readonly signal?: AbortSignal | undefined
}

/** A blob that is hashed and counted on its way. */
export class CheckedBlob implements AsyncIterable<Uint8Array> {
  readonly #blob: AsyncIterable<Uint8Array>
  readonly #options: CheckedBlobOptions
  #size = 0

  constructor(blob: AsyncIterable<Uint8Array>, options: CheckedBlobOptions) {
    this.#blob = blob
    this.#options = options
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  /**
   * @throws OciError ERR_OCI_SIZE_MISMATCH for more than the expected bytes; fewer are for the caller to find
   * @throws the reason of the signal
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { hash, expectedSize = Number.MAX_SAFE_INTEGER, signal } = this.#options
    for await (const chunk of this.#blob) {
      signal?.throwIfAborted()
      this.#size += chunk.length
      if (this.#size > expectedSize) {
        const message = `a blob of more than ${expectedSize} bytes`
        throw new OciError('ERR_OCI_SIZE_MISMATCH', message, { expected: expectedSize })
      }
      hash?.update(chunk)
      this.#options.onProgress?.(this.#size)
      yield chunk
    }
  }
}
