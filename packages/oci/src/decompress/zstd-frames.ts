import {
  BLOCK_HEAD_SIZE,
  CHECKSUM_SIZE,
  DESCRIPTOR_END,
  FRAME_HEAD_MAX,
  FRAME_MAGIC,
  frameHeadSize,
  isSkippable,
  MAGIC_SIZE,
  readBlockHead,
  readFrameHead,
  SKIPPABLE_HEAD_SIZE,
  SKIPPABLE_MAGIC,
  WINDOW_MAX,
} from '@composefs/splitstream/zstd'
import { OciError, type OciErrorCode } from '../errors.ts'

/** A run of bytes of one frame, for the decoder. */
export interface FramePiece {
  readonly data: Uint8Array
  /** `data` is the frame from its first to its last byte. */
  readonly isWhole: boolean
  /** `data` ends with the frame. */
  readonly isLast: boolean
  /** Upper bound of what the frame up to here decompresses to, in bytes, by its block heads. */
  readonly contentMax: number
  /** What the whole frame says it holds, in bytes; undefined when it does not say. */
  readonly contentSize: number | undefined
}

/** What the head that is being gathered is. */
type Head = 'magic' | 'skippable' | 'descriptor' | 'frame' | 'block'

/**
 * Finds the borders of the frames in zstd data that is pushed in chunks of any size (RFC 8878 section 3.1).
 *
 * The decoders of the runtimes stop after one frame without a word, whatever follows. With the borders known each
 * frame is given to them alone, skippable ones and what is behind the last one are seen, and a window is refused
 * before it is allocated.
 */
export class ZstdFrames {
  #head: Head = 'magic'
  readonly #bytes = new Uint8Array(FRAME_HEAD_MAX)
  #filled = 0
  #needed = MAGIC_SIZE
  /** Bytes to come that are no head: of a block with what belongs to it, or of a skippable frame. */
  #body = 0
  /** The frame, or skippable frame, ends with the body. */
  #isLast = false
  #isInFrame = false
  #headSize = 0
  #hasChecksum = false
  #contentMax = 0
  #contentSize: number | undefined
  #window = 0
  #offset = 0;

  /**
   * Yields the bytes of frames in `chunk`; a piece never has bytes of two frames. Most alias `chunk`.
   *
   * @throws OciError ERR_OCI_COMPRESSION_CORRUPT, ERR_OCI_COMPRESSION_TRAILING_DATA,
   *   ERR_OCI_COMPRESSION_WINDOW_TOO_LARGE
   */
  *push(chunk: Uint8Array): Generator<FramePiece, void, undefined> {
    let at = 0
    let start = 0
    let isFromStart = false
    while (at < chunk.length) {
      const wasInFrame = this.#isInFrame
      at = this.#step(chunk, at)
      if (!wasInFrame && this.#isInFrame) {
        // The head went by in earlier chunks, in part at least: it is a piece of its own.
        isFromStart = at >= this.#headSize
        start = isFromStart ? at - this.#headSize : at
        if (!isFromStart) yield this.#piece(this.#bytes.slice(0, this.#headSize))
      }
      if (!this.#isLast || this.#body > 0) continue
      if (this.#isInFrame) {
        const data = chunk.subarray(start, at)
        yield { ...this.#piece(data), isWhole: isFromStart, isLast: true }
      }
      this.#expectFrame()
    }
    this.#offset += chunk.length
    if (this.#isInFrame && start < at) yield this.#piece(chunk.subarray(start, at))
  }

  /**
   * Says that the data ends here.
   *
   * @throws OciError ERR_OCI_COMPRESSION_TRUNCATED, ERR_OCI_COMPRESSION_TRAILING_DATA
   */
  finish(): void {
    if (this.#head === 'magic' && this.#filled === 0) return
    const isFrame = this.#head !== 'magic' || this.#isMagicBegun()
    if (isFrame) throw this.#error('ERR_OCI_COMPRESSION_TRUNCATED', 'the zstd data ends in a frame')
    throw this.#error('ERR_OCI_COMPRESSION_TRAILING_DATA', 'bytes behind the zstd data')
  }

  /** Takes what belongs together from `at` on, and returns where it ends. */
  #step(chunk: Uint8Array, at: number): number {
    if (this.#body > 0) {
      const taken = Math.min(this.#body, chunk.length - at)
      this.#body -= taken
      return at + taken
    }
    this.#bytes[this.#filled] = chunk[at] as number
    this.#filled += 1
    if (this.#filled === this.#needed) this.#readHead(at + 1)
    return at + 1
  }

  #readHead(end: number): void {
    if (this.#head === 'magic') this.#readMagic(end)
    else if (this.#head === 'skippable') this.#startBody(littleEndian(this.#bytes, 4, 4), true)
    else if (this.#head === 'descriptor') this.#readDescriptor(end)
    else if (this.#head === 'frame') this.#readFrameHead(end)
    else this.#readBlockHead(end)
  }

  #readMagic(end: number): void {
    const magic = littleEndian(this.#bytes, 0, MAGIC_SIZE)
    if (magic === FRAME_MAGIC) this.#expect('descriptor', DESCRIPTOR_END)
    else if (isSkippable(magic)) this.#expect('skippable', SKIPPABLE_HEAD_SIZE)
    else throw this.#error('ERR_OCI_COMPRESSION_TRAILING_DATA', 'bytes behind the zstd data', end)
  }

  #readDescriptor(end: number): void {
    const size = frameHeadSize(this.#bytes[MAGIC_SIZE] as number)
    if (size === undefined) throw this.#corrupt('a frame with a reserved flag', end)
    this.#expect('frame', size)
  }

  #readFrameHead(end: number): void {
    const { window, needsDictionary, hasChecksum, contentSize } = readFrameHead(this.#bytes)
    if (needsDictionary) throw this.#corrupt('a frame that needs a dictionary', end)
    if (window > WINDOW_MAX) {
      const message = `a zstd window of ${window} bytes, the limit is ${WINDOW_MAX}`
      throw this.#error('ERR_OCI_COMPRESSION_WINDOW_TOO_LARGE', message, end)
    }
    this.#headSize = this.#filled
    this.#hasChecksum = hasChecksum
    this.#contentSize = contentSize
    this.#window = window
    this.#isInFrame = true
    this.#contentMax = 0
    this.#expectBlock()
  }

  #readBlockHead(end: number): void {
    const block = readBlockHead(littleEndian(this.#bytes, 0, BLOCK_HEAD_SIZE), this.#window)
    if (block === undefined) throw this.#corrupt('a block of the reserved type, or too large', end)
    const { isLast, size, contentMax } = block
    this.#contentMax += contentMax
    // Sooner than the decoder could tell.
    if (isLast && (this.#contentSize ?? 0) > this.#contentMax) {
      throw this.#corrupt('a frame that holds less than it says', end)
    }
    this.#startBody(size + (isLast && this.#hasChecksum ? CHECKSUM_SIZE : 0), isLast)
    this.#expectBlock()
  }

  /** Goes on gathering the head at hand, which turned out to be longer. */
  #expect(head: Head, size: number): void {
    this.#head = head
    this.#needed = size
  }

  #expectBlock(): void {
    this.#filled = 0
    this.#expect('block', BLOCK_HEAD_SIZE)
  }

  #expectFrame(): void {
    this.#isInFrame = false
    this.#isLast = false
    this.#filled = 0
    this.#expect('magic', MAGIC_SIZE)
  }

  #startBody(size: number, isLast: boolean): void {
    this.#body = size
    this.#isLast = isLast
  }

  #piece(data: Uint8Array): FramePiece {
    const contentMax = this.#contentMax
    return { data, isWhole: false, isLast: false, contentMax, contentSize: this.#contentSize }
  }

  #isMagicBegun(): boolean {
    const first = this.#bytes[0] as number
    return first === (FRAME_MAGIC & 0xff) || (first & 0xf0) === (SKIPPABLE_MAGIC & 0xf0)
  }

  #corrupt(what: string, end: number): OciError {
    return this.#error('ERR_OCI_COMPRESSION_CORRUPT', `corrupt zstd data (${what})`, end)
  }

  #error(code: OciErrorCode, message: string, end = 0): OciError {
    return new OciError(code, message, { offset: this.#offset + end })
  }
}

/** Value of `size` bytes, at most 4, the lowest first. */
function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number)
  return value
}
