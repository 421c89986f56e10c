import { concatBytes } from '@composefs/bytes'
import type { DecoderEngine } from '@composefs/repository'
import { OciError } from '../errors.ts'
import { closeSoon } from '../transfer/close-soon.ts'
import { type Compression, DETECTION_SIZE, detectCompression } from './detect.ts'
import { type DecoderOptions, openDecoder } from './layer-decoder.ts'
import { STEP_SIZE } from './push-decoder.ts'

/** What is known of a blob, and who decompresses it. */
export interface DecompressOptions {
  /** What the media type says. Only a hint: it decides whether a blob of no bytes is an empty layer, nothing else. */
  readonly hint?: Compression | undefined
  /** Who decompresses. Default: `node:zlib`. */
  readonly decoders?: DecoderEngine | undefined
}

/**
 * Yields the layer that a blob holds. The first bytes decide between gzip, zstd and a plain tar.
 *
 * Pieces are at most 1 MiB, except that those of a plain tar are as they came. They stay valid, as the chunks of `blob`
 * must. Memory does not depend on what the blob claims or holds: at most two pieces and a zstd window of at most
 * 128 MiB.
 *
 * @throws OciError ERR_OCI_COMPRESSION_*; errors of `blob` pass through
 *
 * @example
 * for await (const piece of decompress(createReadStream(file))) hash.update(piece)
 */
export async function* decompress(
  blob: AsyncIterable<Uint8Array>,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { compression, bytes } = await detectBlob(blob, options)
  yield* decode(compression, bytes, options.decoders)
}

/** A blob and what its first bytes say. */
export interface DetectedBlob {
  readonly compression: Compression
  /** The whole blob. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Lets go of the blob. For whoever may fail before `bytes` is iterated; otherwise the end of that does it. */
  close(): Promise<void>
}

/**
 * Looks at the beginning of a blob.
 *
 * @throws OciError ERR_OCI_COMPRESSION_TRUNCATED, ERR_OCI_COMPRESSION_CORRUPT, ERR_OCI_COMPRESSION_UNSUPPORTED; the
 *   blob is closed then
 */
export async function detectBlob(
  blob: AsyncIterable<Uint8Array>,
  { hint }: DecompressOptions,
): Promise<DetectedBlob> {
  const source = blob[Symbol.asyncIterator]()
  try {
    const beginning = await readBeginning(source)
    const head = joinHead(beginning)
    if (head.length === 0 && (hint === 'gzip' || hint === 'zstd')) {
      throw new OciError('ERR_OCI_COMPRESSION_TRUNCATED', `${hint} data of no bytes`)
    }
    return {
      compression: detectCompression(head),
      bytes: resume(beginning, source),
      close: () => closeSoon(source),
    }
  } catch (error) {
    await source.return?.()
    throw error
  }
}

/** Yields what `bytes` decompress to. */
export function decode(
  compression: Compression,
  bytes: AsyncIterable<Uint8Array>,
  decoders?: DecoderEngine,
): AsyncIterable<Uint8Array> {
  return compression === 'none' ? bytes : pieces(bytes, { compression, decoders })
}

async function* pieces(
  bytes: AsyncIterable<Uint8Array>,
  options: DecoderOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = openDecoder(bytes, options)
  try {
    for (;;) {
      // Memory that is not cleared first: what is not written is never seen.
      const memory: Uint8Array = Buffer.allocUnsafeSlow(STEP_SIZE)
      for (let at = 0; at < STEP_SIZE; ) {
        const size = await decoder.fill(memory.subarray(at))
        if (size === 0) return
        yield memory.subarray(at, at + size)
        at += size
      }
    }
  } finally {
    await decoder.close()
  }
}

/** Chunks with at least DETECTION_SIZE bytes together, or all there are. */
async function readBeginning(source: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  let size = 0
  while (size < DETECTION_SIZE) {
    const next = await source.next()
    if (next.done) break
    chunks.push(next.value)
    size += next.value.length
  }
  return chunks
}

function joinHead(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks
  const joined = first !== undefined && chunks.length === 1 ? first : concatBytes(chunks)
  return joined.subarray(0, DETECTION_SIZE)
}

async function* resume(
  chunks: readonly Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks
    for (;;) {
      const next = await source.next()
      if (next.done) return
      yield next.value
    }
  } finally {
    await source.return?.()
  }
}
