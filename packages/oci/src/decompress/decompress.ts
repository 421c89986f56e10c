import { concatBytes } from '@composefs/bytes'
import { OciError } from '../errors.ts'
import { type Compression, DETECTION_SIZE, detectCompression } from './detect.ts'
import { gunzip } from './gzip.ts'
import { unzstd } from './zstd.ts'

export interface DecompressOptions {
  /**
   * What the media type says. Only a hint: it decides nothing but whether a blob of no bytes is an empty layer, and
   * makes errors better.
   */
  readonly hint?: Compression
}

/**
 * Yields the layer that a blob holds. The first bytes decide between gzip, zstd and a plain tar.
 *
 * Pieces are at most 1 MiB, except that those of a plain tar are as they came. They stay valid. Memory does not depend
 * on what the blob claims or holds: at most two pieces and a zstd window of at most 128 MiB.
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
  const { hint } = options
  const source = blob[Symbol.asyncIterator]()
  try {
    const beginning = await readBeginning(source)
    const head = joinHead(beginning)
    if (head.length === 0 && (hint === 'gzip' || hint === 'zstd')) {
      throw new OciError('ERR_OCI_COMPRESSION_TRUNCATED', `${hint} data of no bytes`)
    }
    const whole = resume(beginning, source)
    switch (detectCompression(head)) {
      case 'gzip':
        yield* gunzip(whole)
        break
      case 'zstd':
        yield* unzstd(whole)
        break
      case 'none':
        yield* whole
    }
  } finally {
    await source.return?.()
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
  yield* chunks
  for (;;) {
    const next = await source.next()
    if (next.done) return
    yield next.value
  }
}
