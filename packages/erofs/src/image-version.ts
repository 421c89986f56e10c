import {
  type ErofsVersion,
  HEADER_HAS_ACL,
  HEADER_MAGIC,
  HEADER_VERSION,
  Header,
  INODES_OFFSET,
  SUPERBLOCK_MAGIC,
  SUPERBLOCK_OFFSET,
  Superblock,
} from './format.ts'

/**
 * The version of an image by its first 32 bytes; undefined when they begin no composefs image. Nothing else is
 * looked at, so it says nothing about the rest.
 */
export function readImageVersion(head: Uint8Array): ErofsVersion | undefined {
  if (head.length < Header.size) return undefined
  const { magic, version, composefsVersion } = Header.read(viewOf(head), 0)
  const isKnown = magic === HEADER_MAGIC && version === HEADER_VERSION && composefsVersion <= 2
  return isKnown ? (composefsVersion as ErofsVersion) : undefined
}

/** Bytes at the beginning of an image that `readImageHead` wants. */
export const IMAGE_HEAD_SIZE: number = INODES_OFFSET

/** What the beginning of an image says about it, true or not. */
export interface ImageHead {
  readonly version: ErofsVersion
  /** Some inode may have a POSIX ACL. Writers of version 2 do not tell, so it is true there. */
  readonly mayHaveAcl: boolean
  /** Blocks of the whole image. */
  readonly blocks: number
  readonly inodes: bigint
}

/**
 * Reads what tells one image from others, and how to mount it, from its first `IMAGE_HEAD_SIZE` bytes; undefined when
 * they begin no composefs image. Nothing behind them is looked at.
 */
export function readImageHead(head: Uint8Array): ImageHead | undefined {
  const version = readImageVersion(head)
  if (version === undefined || head.length < IMAGE_HEAD_SIZE) return undefined
  const view = viewOf(head)
  const { magic, blocks, inodes } = Superblock.read(view, SUPERBLOCK_OFFSET)
  if (magic !== SUPERBLOCK_MAGIC) return undefined
  const { flags } = Header.read(view, 0)
  return { version, mayHaveAcl: version === 2 || (flags & HEADER_HAS_ACL) !== 0, blocks, inodes }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
