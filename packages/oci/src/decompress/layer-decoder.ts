import type { DecoderEngine } from '@composefs/repository'
import { closeSoon } from '../transfer/close-soon.ts'
import type { Compression } from './detect.ts'
import { gunzip } from './gzip.ts'
import { Output } from './output.ts'
import { unzstd } from './zstd.ts'

/** The uncompressed bytes of a blob, pulled into memory of the caller. */
export interface LayerDecoder {
  /**
   * Puts the next bytes into `target`, which may be shared memory: as many as there are before the next chunk of the blob
   * has to be waited for, or the first ones that come. Whatever is behind them may be overwritten.
   *
   * One call at a time. After an error every further call throws it.
   *
   * @returns number of bytes, 0 at the end of the blob
   * @throws OciError ERR_OCI_COMPRESSION_*; errors of the blob
   */
  fill(target: Uint8Array): Promise<number>
  /** Lets go of the blob. */
  close(): Promise<void>
}

export interface DecoderOptions {
  /** What the blob is, see `detectBlob`. */
  readonly compression: Compression
  /** Who decompresses. Default: `node:zlib`. */
  readonly decoders?: DecoderEngine | undefined
}

/**
 * Opens a blob for reading what it decompresses to. Memory does not depend on what the blob claims or holds: one chunk
 * of it and a zstd window of at most 128 MiB, and with `node:zlib` two MiB more.
 *
 * @example
 * const decoder = openDecoder(bytes, { compression: 'gzip' })
 * for (let size = await decoder.fill(slot); size > 0; size = await decoder.fill(slot)) use(slot.subarray(0, size))
 */
export function openDecoder(
  blob: AsyncIterable<Uint8Array>,
  { compression, decoders }: DecoderOptions,
): LayerDecoder {
  const source = blob[Symbol.asyncIterator]()
  const output = new Output()
  const bytes = { [Symbol.asyncIterator]: () => source }
  if (compression === 'gzip') {
    return new FillingDecoder(gunzip(bytes, output, decoders), output, source)
  }
  if (compression === 'zstd') {
    return new FillingDecoder(unzstd(bytes, output, decoders), output, source)
  }
  return new FillingDecoder(copy(bytes, output), output, source)
}

async function* copy(
  blob: AsyncIterable<Uint8Array>,
  output: Output,
): AsyncGenerator<void, void, undefined> {
  for await (const chunk of blob) {
    yield* output.put(chunk)
    yield* output.handOver()
  }
}

/** Fills what it is lent by going on with something that stops whenever that is full. */
class FillingDecoder implements LayerDecoder {
  readonly #filling: AsyncGenerator<void, void, undefined>
  readonly #output: Output
  readonly #source: AsyncIterator<Uint8Array>
  #isOver = false
  #failure: { readonly error: unknown } | undefined

  constructor(
    filling: AsyncGenerator<void, void, undefined>,
    output: Output,
    source: AsyncIterator<Uint8Array>,
  ) {
    this.#filling = filling
    this.#output = output
    this.#source = source
  }

  async fill(target: Uint8Array): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#isOver || target.length === 0) return 0
    this.#output.lend(target)
    try {
      const { done } = await this.#filling.next()
      this.#isOver = done === true
    } catch (error) {
      this.#failure = { error }
      this.#output.takeBack()
      throw error
    }
    return this.#output.takeBack()
  }

  async close(): Promise<void> {
    if (this.#isOver || this.#failure !== undefined) return
    await closeSoon({
      next: () => this.#source.next(),
      return: async () => {
        await this.#filling.return()
        // What has not begun does not end its source.
        return (await this.#source.return?.()) ?? { done: true, value: undefined }
      },
    })
  }
}
