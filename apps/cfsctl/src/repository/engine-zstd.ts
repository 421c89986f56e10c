import { zstdDecompressSync } from 'node:zlib'
import type { ZstdCodec } from '@composefs/splitstream'
import { createNodeZstd } from '@composefs/splitstream/node'
import { engine } from './engine.ts'

/** The content of one frame, by the engine where it can. */
const decompressFrame = (frame: Uint8Array, contentMax: number): Uint8Array => {
  // Blocks can hold no more than this. One that holds nothing has a step too, and node:zlib takes no limit of 0.
  const limit = Math.max(1, contentMax)
  const decoder = engine.decoders.zstd()
  if (decoder === undefined) return zstdDecompressSync(frame, { maxOutputLength: limit })
  try {
    const content = new Uint8Array(limit)
    let read = 0
    let written = 0
    for (;;) {
      const step = decoder.step(frame.subarray(read), content.subarray(written))
      read += step.read
      written += step.written
      if (step.isEnd) break
      if (step.read === 0 && step.written === 0) throw new Error('the frame has no end')
    }
    return content.subarray(0, written)
  } finally {
    decoder.close()
  }
}

/**
 * The zstd of streams. What is small is decompressed by the engine: to load `node:zlib` and its streams takes 6 ms, and
 * a list of images reads a few frames of a hundred bytes.
 */
export const engineZstd: ZstdCodec = createNodeZstd(decompressFrame)
