/** First four bytes of a frame with content. */
export const FRAME_MAGIC = 0xfd2fb528

/** First four bytes of a frame without content. Sixteen numbers, the low four bits are free. */
export const SKIPPABLE_MAGIC = 0x184d2a50

/** Bytes of a magic. */
export const MAGIC_SIZE = 4

/** Bytes of the head of a skippable frame: its magic and the size of what follows. */
export const SKIPPABLE_HEAD_SIZE = 8

/** Bytes that tell how long the head of a frame is: the magic and the frame header descriptor. */
export const DESCRIPTOR_END = 5

/** Longest head of a frame: magic, descriptor, window, dictionary ID and content size, each as long as can be. */
export const FRAME_HEAD_MAX: number = 4 + 1 + 1 + 4 + 8

/** Bytes of the head of a block. */
export const BLOCK_HEAD_SIZE = 3

/** Bytes behind the last block of a frame with a checksum. */
export const CHECKSUM_SIZE = 4

/**
 * Largest window we let a frame claim, in bytes: memory that a head of a few bytes can ask for. libzstd's own limit for
 * streams, cfsctl's, and what `zstd --long` makes at most.
 */
export const WINDOW_MAX: number = 2 ** 27

/** Most bytes one block can decompress to. */
const BLOCK_CONTENT_MAX = 128 * 1024

const RAW = 0
const RLE = 1
const RESERVED = 3

/** True for the magic of a frame without content. */
export function isSkippable(magic: number): boolean {
  return (magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC
}

/** True when `bytes` begin with the magic of a frame of either kind. */
export function beginsWithFrame(bytes: Uint8Array): boolean {
  if (bytes.length < MAGIC_SIZE) return false
  const magic = littleEndian(bytes, 0, MAGIC_SIZE)
  return magic === FRAME_MAGIC || isSkippable(magic)
}

/** What the head of a frame says (RFC 8878 section 3.1.1.1). */
export interface FrameHead {
  /** Bytes of memory that the decoder needs. Above 2^53 it is rounded, which no limit is near. */
  readonly window: number
  readonly needsDictionary: boolean
  readonly hasChecksum: boolean
  /** Bytes that the frame says it holds; undefined when it does not say. Above 2^53 it is rounded. */
  readonly contentSize: number | undefined
}

/** Bytes of the head of the frame with that descriptor; undefined when its reserved flag is set. */
export function frameHeadSize(descriptor: number): number | undefined {
  if ((descriptor & 0x08) !== 0) return undefined
  const windowSize = isSingleSegment(descriptor) ? 0 : 1
  return DESCRIPTOR_END + windowSize + dictionarySize(descriptor) + contentSizeSize(descriptor)
}

/** Reads the head of a frame, all `frameHeadSize` bytes of it, from the start of `head`. */
export function readFrameHead(head: Uint8Array): FrameHead {
  const descriptor = head[MAGIC_SIZE] as number
  let at = DESCRIPTOR_END
  let window = 0
  if (!isSingleSegment(descriptor)) {
    const byte = head[at] as number
    window = 2 ** (10 + (byte >>> 3)) * (1 + (byte & 7) / 8)
    at += 1
  }
  const needsDictionary = littleEndian(head, at, dictionarySize(descriptor)) !== 0
  at += dictionarySize(descriptor)
  const contentSize = readContentSize(head, at, contentSizeSize(descriptor))
  if (isSingleSegment(descriptor)) window = contentSize ?? 0
  return { window, needsDictionary, hasChecksum: (descriptor & 0x04) !== 0, contentSize }
}

/** What the head of a block says (RFC 8878 section 3.1.1.2). */
export interface BlockHead {
  /** The frame ends with this block, or with the checksum behind it. */
  readonly isLast: boolean
  /** Bytes of the block behind its head. */
  readonly size: number
  /** Upper bound of what it decompresses to, in bytes. */
  readonly contentMax: number
}

/**
 * Takes the three bytes of a block head apart, in a frame with that window; undefined for the reserved type, and for a
 * block of more bytes than the window allows, packed or not. libzstd looks at that limit when it is given a frame in
 * pieces, and overlooks it when it is given the whole.
 */
export function readBlockHead(word: number, window: number): BlockHead | undefined {
  const type = (word >>> 1) & 3
  if (type === RESERVED) return undefined
  const limit = Math.min(window, BLOCK_CONTENT_MAX)
  const field = word >>> 3
  const size = type === RLE ? 1 : field
  if (field > limit || size > limit) return undefined
  return {
    isLast: (word & 1) === 1,
    size,
    contentMax: type === RAW || type === RLE ? field : limit,
  }
}

/** The content size, which is stored less 256 in the form of two bytes. */
function readContentSize(head: Uint8Array, at: number, size: number): number | undefined {
  if (size === 0) return undefined
  return littleEndian(head, at, size) + (size === 2 ? 256 : 0)
}

function isSingleSegment(descriptor: number): boolean {
  return (descriptor & 0x20) !== 0
}

function dictionarySize(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 3] as number
}

function contentSizeSize(descriptor: number): number {
  return [isSingleSegment(descriptor) ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number
}

/** Value of `size` bytes, the lowest first. */
function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number)
  return value
}
