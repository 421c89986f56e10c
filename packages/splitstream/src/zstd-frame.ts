import type { ByteRange, ByteSource } from './byte-source.ts'
import { SplitstreamError } from './errors.ts'
import {
  BLOCK_HEAD_SIZE,
  CHECKSUM_SIZE,
  FRAME_MAGIC,
  type FrameHead,
  frameHeadSize,
  isSkippable,
  MAGIC_SIZE,
  readBlockHead,
  readFrameHead,
  SKIPPABLE_HEAD_SIZE,
  WINDOW_MAX,
} from './zstd.ts'

/** One frame with content: where it is, and how much it can hold at most. */
export interface ZstdFrame extends ByteRange {
  /** Upper bound of the decompressed size in bytes, from the block heads; nothing has been decompressed. */
  readonly contentMax: number
  /** What the frame says it holds, in bytes; undefined when it does not say. */
  readonly contentSize: number | undefined
}

/**
 * Finds the frames of a zstd file by walking their heads and block heads (RFC 8878 section 3.1), leaving out skippable
 * ones. Decoders of the runtimes stop without a word after the first frame, whatever follows; with the borders known,
 * each frame goes to a decoder alone and nothing is overlooked.
 *
 * @throws SplitstreamError ERR_SPLITSTREAM_BAD_ZSTD at something that is no frame, a frame that is cut off, needs a
 *   dictionary or a window above WINDOW_MAX
 */
export function* zstdFrames(source: ByteSource, range: ByteRange): Generator<ZstdFrame> {
  const cursor = new Cursor(source, range)
  let at = range.start
  while (at < range.end) {
    const magic = cursor.u32(at)
    if (isSkippable(magic)) {
      at += SKIPPABLE_HEAD_SIZE + cursor.u32(at + MAGIC_SIZE)
      if (at > range.end) throw bad('a skippable frame is cut off', range.end)
    } else {
      const frame = walkFrame(cursor, at, magic)
      yield frame
      at = frame.end
    }
  }
}

function walkFrame(cursor: Cursor, start: number, magic: number): ZstdFrame {
  if (magic !== FRAME_MAGIC) throw bad('no frame begins', start)
  const head = measureHead(cursor, start)
  let at = start + head.size
  let contentMax = 0
  let last = false
  while (!last) {
    const block = readBlockHead(cursor.u24(at), head.window)
    if (block === undefined) throw bad('a block of the reserved type, or too large', at)
    last = block.isLast
    at += BLOCK_HEAD_SIZE + block.size
    contentMax += block.contentMax
  }
  if (head.hasChecksum) at += CHECKSUM_SIZE
  if (at > cursor.range.end) throw bad('a frame is cut off', cursor.range.end)
  return { start, end: at, contentMax, contentSize: head.contentSize }
}

function measureHead(cursor: Cursor, start: number): FrameHead & { readonly size: number } {
  const size = frameHeadSize(cursor.u8(start + MAGIC_SIZE))
  if (size === undefined) throw bad('a frame with a reserved flag', start)
  const head = readFrameHead(cursor.bytes(start, size))
  if (head.needsDictionary) throw bad('a frame that needs a dictionary', start)
  if (head.window > WINDOW_MAX) throw bad(`a window of ${head.window} bytes`, start)
  return { ...head, size }
}

/** Little reads over a source that cost few real ones: the heads of small blocks come out of one piece. */
class Cursor {
  static readonly PIECE = 4096
  readonly source: ByteSource
  readonly range: ByteRange
  #piece: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(source: ByteSource, range: ByteRange) {
    this.source = source
    this.range = range
  }

  u8(at: number): number {
    const index = at - this.#start
    if (index >= 0 && index < this.#piece.length) return this.#piece[index] as number
    if (at >= this.range.end) throw bad('a frame is cut off', this.range.end)
    this.#start = at
    this.#piece = this.source.read(at, Math.min(Cursor.PIECE, this.range.end - at))
    return this.#piece[0] as number
  }

  bytes(at: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.u8(at + i))
  }

  u24(at: number): number {
    return this.u8(at) | (this.u8(at + 1) << 8) | (this.u8(at + 2) << 16)
  }

  u32(at: number): number {
    return (this.u24(at) | (this.u8(at + 3) << 24)) >>> 0
  }
}

function bad(what: string, offset: number): SplitstreamError {
  const message = `zstd: ${what} at byte ${offset}`
  return new SplitstreamError('ERR_SPLITSTREAM_BAD_ZSTD', message, { offset })
}
