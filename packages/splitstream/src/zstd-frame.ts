import type { ByteRange, ByteSource } from './byte-source.ts'
import { SplitstreamError } from './errors.ts'

const FRAME_MAGIC = 0xfd2fb528
/** Sixteen magic numbers, the low four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_HEAD_SIZE = 8
const BLOCK_HEAD_SIZE = 3
const CHECKSUM_SIZE = 4
/** Most bytes one block can decompress to. */
const BLOCK_CONTENT_MAX = 128 * 1024
const RAW = 0
const RLE = 1
const RESERVED = 3

/** Largest window we let a frame claim, in bytes. libzstd's own limit for streams, and cfsctl's. */
export const ZSTD_WINDOW_MAX: number = 2 ** 27

/** One frame with content: where it is, and how much it can hold at most. */
export interface ZstdFrame extends ByteRange {
  /** Upper bound of the decompressed size in bytes, from the block heads; nothing has been decompressed. */
  readonly contentMax: number
}

/**
 * Finds the frames of a zstd file by walking their heads and block heads (RFC 8878 section 3.1), leaving out skippable
 * ones. Decoders of the runtimes stop without a word after the first frame, whatever follows; with the borders known,
 * each frame goes to a decoder alone and nothing is overlooked.
 *
 * @throws SplitstreamError ERR_SPLITSTREAM_BAD_ZSTD at something that is no frame, a frame that is cut off, needs a
 *   dictionary or a window above ZSTD_WINDOW_MAX
 */
export function* zstdFrames(source: ByteSource, range: ByteRange): Generator<ZstdFrame> {
  const cursor = new Cursor(source, range)
  let at = range.start
  while (at < range.end) {
    const magic = cursor.u32(at)
    if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) {
      at += SKIPPABLE_HEAD_SIZE + cursor.u32(at + 4)
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
  const head = readFrameHead(cursor, start)
  let at = start + head.size
  let contentMax = 0
  let last = false
  while (!last) {
    const word = cursor.u24(at)
    last = (word & 1) === 1
    const type = (word >>> 1) & 3
    const size = word >>> 3
    if (type === RESERVED) throw bad('a block of the reserved type', at)
    at += BLOCK_HEAD_SIZE + (type === RLE ? 1 : size)
    contentMax += type === RAW || type === RLE ? size : BLOCK_CONTENT_MAX
  }
  if (head.checksum) at += CHECKSUM_SIZE
  if (at > cursor.range.end) throw bad('a frame is cut off', cursor.range.end)
  return { start, end: at, contentMax }
}

function readFrameHead(cursor: Cursor, start: number): { size: number; checksum: boolean } {
  const descriptor = cursor.u8(start + 4)
  if ((descriptor & 0x08) !== 0) throw bad('a frame with a reserved flag', start)
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionarySize = [0, 1, 2, 4][descriptor & 3] as number
  const contentSizeSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number
  let at = start + 5
  let window = 0
  if (!singleSegment) {
    const byte = cursor.u8(at)
    window = 2 ** (10 + (byte >>> 3)) * (1 + (byte & 7) / 8)
    at += 1
  }
  for (let i = 0; i < dictionarySize; i++) {
    if (cursor.u8(at + i) !== 0) throw bad('a frame that needs a dictionary', start)
  }
  at += dictionarySize
  if (singleSegment) {
    // The window is the content size, which is stored less 256 in the form of two bytes. Rounding above 2^53 is fine.
    for (let i = contentSizeSize - 1; i >= 0; i--) window = window * 256 + cursor.u8(at + i)
    if (contentSizeSize === 2) window += 256
  }
  if (window > ZSTD_WINDOW_MAX) throw bad(`a window of ${window} bytes`, start)
  return { size: at + contentSizeSize - start, checksum: (descriptor & 0x04) !== 0 }
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
