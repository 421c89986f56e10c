import { createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import { OciError } from '../errors.ts'
import { OUTPUT_CHUNK_SIZE, StreamDecoder } from './stream-decoder.ts'
import { type FramePiece, ZstdFrames } from './zstd-frames.ts'

/**
 * Frames that hold at most so many bytes are decompressed at once, on this thread: a call of the stream costs more than
 * the frame, and zstd:chunked layers have a frame for every file.
 */
const SMALL_FRAME_MAX = 512 * 1024

/**
 * Decompresses all frames of zstd data, skippable ones left out; nothing may follow the last one.
 *
 * @throws OciError ERR_OCI_COMPRESSION_TRUNCATED, ERR_OCI_COMPRESSION_CORRUPT, ERR_OCI_COMPRESSION_TRAILING_DATA,
 *   ERR_OCI_COMPRESSION_WINDOW_TOO_LARGE
 */
export async function* unzstd(
  blob: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = new ZstdFrames()
  let decoder: StreamDecoder | undefined
  try {
    for await (const chunk of blob) {
      for (const piece of frames.push(chunk)) {
        if (piece.isWhole && piece.contentMax <= SMALL_FRAME_MAX) {
          yield decompressFrame(piece)
          continue
        }
        decoder ??= createDecoder()
        yield* decoder.decode(piece.data)
        // The stream must not find an end where the block heads have none.
        if (decoder.hasEnded) throw corrupt('a frame ends before its last block')
      }
    }
    frames.finish()
  } finally {
    decoder?.close()
  }
}

function createDecoder(): StreamDecoder {
  return new StreamDecoder(createZstdDecompress({ chunkSize: OUTPUT_CHUNK_SIZE }), explain)
}

function decompressFrame({ data, contentMax }: FramePiece): Uint8Array {
  // The block heads bound the content; a frame that is larger after all is an error of the decoder.
  const size = Math.max(64, contentMax)
  try {
    return zstdDecompressSync(data, { chunkSize: size, maxOutputLength: size })
  } catch (error) {
    throw error instanceof Error ? explain(error) : error
  }
}

function explain(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') return corrupt('a frame larger than its blocks', error)
  if (code === 'ZSTD_error_checksum_wrong') return corrupt('a frame with a wrong checksum', error)
  return code?.startsWith('ZSTD_') ? corrupt(error.message, error) : error
}

function corrupt(what: string, cause?: Error): OciError {
  const options = cause === undefined ? undefined : { cause }
  return new OciError('ERR_OCI_COMPRESSION_CORRUPT', `corrupt zstd data (${what})`, {}, options)
}
