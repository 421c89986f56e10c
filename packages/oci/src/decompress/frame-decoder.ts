import { createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import type { RawDecoder } from '@composefs/repository'
import type { Output } from './output.ts'
import { type Filling, STEP_SIZE } from './push-decoder.ts'
import { StreamDecoder } from './stream-decoder.ts'
import { corruptZstd, explainZstd } from './zstd-error.ts'
import type { FramePiece } from './zstd-frames.ts'

/** Decompresses zstd frames that come in pieces, into an Output. */
export interface FrameDecoder {
  /** @throws OciError ERR_OCI_COMPRESSION_CORRUPT */
  decode(piece: FramePiece): Filling
  close(): void
}

/**
 * Frames that hold at most so many bytes are decompressed at once, on this thread: a call of the stream costs more than
 * the frame, and zstd:chunked layers have a frame for every file.
 */
const SMALL_FRAME_MAX = 512 * 1024

/** Decompresses frames with `node:zlib`. */
export class NodeFrameDecoder implements FrameDecoder {
  readonly #output: Output
  #stream: StreamDecoder | undefined

  constructor(output: Output) {
    this.#output = output
  }

  async *decode(piece: FramePiece): AsyncGenerator<void, void, undefined> {
    if (piece.isWhole && piece.contentMax <= SMALL_FRAME_MAX) {
      yield* this.#output.put(decompressFrame(piece))
      return
    }
    this.#stream ??= this.#createStream()
    yield* this.#stream.decode(piece.data)
    // The stream must not find an end where the block heads have none.
    if (this.#stream.hasEnded) throw corruptZstd('a frame ends before its last block')
  }

  close(): void {
    this.#stream?.close()
  }

  #createStream(): StreamDecoder {
    const stream = createZstdDecompress({ chunkSize: STEP_SIZE })
    return new StreamDecoder(stream, this.#output, explainZstd)
  }
}

function decompressFrame({ data, contentMax }: FramePiece): Uint8Array {
  // The block heads bound the content; a frame that is larger after all is an error of the decoder.
  const size = Math.max(64, contentMax)
  try {
    return zstdDecompressSync(data, { chunkSize: size, maxOutputLength: size })
  } catch (error) {
    throw error instanceof Error ? explainZstd(error) : error
  }
}

/** Decompresses frames with a decoder that takes any of them, small or large. */
export class RawFrameDecoder implements FrameDecoder {
  readonly #raw: RawDecoder
  readonly #output: Output
  #isInFrame = false

  constructor(raw: RawDecoder, output: Output) {
    this.#raw = raw
    this.#output = output
  }

  *decode({ data, isLast }: FramePiece): Generator<void, void, undefined> {
    if (!this.#isInFrame) this.#raw.reset()
    let at = 0
    do {
      if (this.#output.isFull) yield
      const { read, written, isEnd } = this.#step(data.subarray(at))
      at += read
      this.#output.advance(written)
      this.#isInFrame = !isEnd
      // Where the output is full, there may be more of it.
    } while (this.#isInFrame && (this.#output.isFull || at < data.length))
    if (!this.#isInFrame && !(isLast && at === data.length)) {
      throw corruptZstd('a frame ends before its last block')
    }
    if (this.#isInFrame && isLast) throw corruptZstd('a frame goes on behind its last block')
  }

  close(): void {
    this.#raw.close()
  }

  #step(input: Uint8Array): ReturnType<RawDecoder['step']> {
    try {
      return this.#raw.step(input, this.#output.room)
    } catch (error) {
      throw error instanceof Error ? explainZstd(error) : error
    }
  }
}
