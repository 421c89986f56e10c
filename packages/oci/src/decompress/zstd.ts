import type { DecoderEngine } from '@composefs/repository'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { type FrameDecoder, NodeFrameDecoder, RawFrameDecoder } from './frame-decoder.ts'
import type { Output } from './output.ts'
import { inSteps } from './push-decoder.ts'
import { corruptZstd } from './zstd-error.ts'
import { type FramePiece, ZstdFrames } from './zstd-frames.ts'

/**
 * Decompresses all frames of zstd data, skippable ones left out, and yields whenever the output is full, or has
 * something while the blob has to be waited for. Nothing may follow the last frame.
 *
 * @param decoders who decompresses. Default: `node:zlib`
 * @throws OciError ERR_OCI_COMPRESSION_TRUNCATED, ERR_OCI_COMPRESSION_CORRUPT, ERR_OCI_COMPRESSION_TRAILING_DATA,
 *   ERR_OCI_COMPRESSION_WINDOW_TOO_LARGE
 */
export async function* unzstd(
  blob: AsyncIterable<Uint8Array>,
  output: Output,
  decoders?: DecoderEngine,
): AsyncGenerator<void, void, undefined> {
  const raw = decoders?.zstd()
  const decoder: FrameDecoder =
    raw === undefined ? new NodeFrameDecoder(output) : new RawFrameDecoder(raw, output)
  const frames = new ZstdFrames()
  const turns = new EventLoopTurns()
  let frameStart = 0
  try {
    for await (const chunk of blob) {
      for (const part of inSteps(chunk)) {
        for (const piece of frames.push(part)) {
          yield* decoder.decode(piece)
          if (piece.isLast) {
            assertSize(piece, output.total - frameStart)
            frameStart = output.total
          }
          // Small frames come without any wait: a few KiB may be minutes of work.
          const turn = turns.due()
          if (turn !== undefined) await turn
        }
      }
      yield* output.handOver()
    }
    frames.finish()
  } finally {
    decoder.close()
  }
}

/** libzstd does not compare, if it is given a frame in pieces and the last block is empty. */
function assertSize({ contentSize }: FramePiece, size: number): void {
  if (contentSize === undefined || size === contentSize) return
  throw corruptZstd(`a frame of ${size} bytes that says it holds ${contentSize}`)
}
