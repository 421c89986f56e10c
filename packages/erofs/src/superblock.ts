import { NANOSECONDS_MAX } from '@composefs/tree'
import { ErofsError } from './errors.ts'
import {
  BLOCK_BITS,
  BLOCK_SIZE,
  type ErofsVersion,
  FEATURE_COMPAT_KNOWN,
  FEATURE_INCOMPAT_KNOWN,
  HEADER_HAS_ACL,
  HEADER_MAGIC,
  HEADER_VERSION,
  Header,
  INODES_OFFSET,
  SUPERBLOCK_MAGIC,
  SUPERBLOCK_OFFSET,
  Superblock,
} from './format.ts'
import { IMAGE_SIZE_MAX } from './limits.ts'

/** The part of a Uint8Array that readers use: an image may be in memory, or read as it is needed. */
export type ByteView = Pick<Uint8Array, 'length' | 'subarray'>

/** The part of a DataView that readers use. */
export type NumberView = Pick<
  DataView,
  'byteLength' | 'getUint8' | 'getUint16' | 'getUint32' | 'getBigInt64'
>

/** The bytes of an image and what its header and superblock say. Nothing behind them has been looked at. */
export interface ImageBytes {
  readonly bytes: ByteView
  readonly view: NumberView
  readonly version: ErofsVersion
  /** Some inode has a POSIX ACL, as far as the header says. Never set in V2. */
  readonly hasAcl: boolean
  readonly rootNid: number
  /** Number of inodes, as the superblock says. */
  readonly inodeCount: bigint
  /** The mtime of compact inodes. */
  readonly buildTime: bigint
  readonly buildTimeNanoseconds: number
  /** What references to shared xattrs count from, in bytes. */
  readonly xattrOffset: number
}

/**
 * Reads header and superblock.
 *
 * @throws ErofsError ERR_EROFS_TRUNCATED, ERR_EROFS_TOO_LARGE, ERR_EROFS_BAD_MAGIC, ERR_EROFS_UNSUPPORTED,
 * ERR_EROFS_OUT_OF_RANGE
 */
export function readSuperblock(bytes: Uint8Array, maxSize?: number): ImageBytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return readSuperblockOf({ bytes, view, head: bytes }, maxSize)
}

/**
 * Reads header and superblock of an image that need not be in memory; `head` is the beginning of it.
 *
 * @throws ErofsError as `readSuperblock`
 */
export function readSuperblockOf(
  source: Pick<ImageBytes, 'bytes' | 'view'> & { readonly head: Uint8Array },
  maxSize = IMAGE_SIZE_MAX,
): ImageBytes {
  const { bytes, view } = source
  if (bytes.length < INODES_OFFSET) {
    const facts = { expected: INODES_OFFSET, actual: bytes.length }
    throw new ErofsError(
      'ERR_EROFS_TRUNCATED',
      `an image of ${bytes.length} bytes has no superblock`,
      facts,
    )
  }
  if (bytes.length > maxSize) {
    const facts = { expected: maxSize, actual: bytes.length }
    throw new ErofsError(
      'ERR_EROFS_TOO_LARGE',
      `an image of ${bytes.length} bytes, more than ${maxSize}`,
      facts,
    )
  }
  const head = new DataView(source.head.buffer, source.head.byteOffset, source.head.byteLength)
  const header = Header.read(head, 0)
  assertMagic('composefs header', 0, header.magic, HEADER_MAGIC)
  if (header.version !== HEADER_VERSION) throw unsupported('header version', header.version)
  const { composefsVersion } = header
  if (composefsVersion !== 0 && composefsVersion !== 1 && composefsVersion !== 2) {
    throw unsupported('composefs version', composefsVersion)
  }
  const superblock = Superblock.read(head, SUPERBLOCK_OFFSET)
  assertMagic('superblock', SUPERBLOCK_OFFSET, superblock.magic, SUPERBLOCK_MAGIC)
  if (superblock.blockBits !== BLOCK_BITS) throw unsupported('block size', superblock.blockBits)
  assertZero('compatible features', superblock.featureCompat & ~FEATURE_COMPAT_KNOWN)
  assertZero('incompatible features', superblock.featureIncompat & ~FEATURE_INCOMPAT_KNOWN)
  assertZero('superblock extensions', superblock.extensionSlots)
  assertZero('compression', superblock.compressionAlgorithms)
  assertZero('extra devices', superblock.extraDevices)
  assertZero('directory block size', superblock.directoryBlockBits)
  assertZero('xattr prefixes', superblock.xattrPrefixCount)
  assertZero('xattr prefixes at', superblock.xattrPrefixStart)
  assertZero('packed inode', superblock.packedNid)
  assertZero('metadata block', superblock.metaBlock)
  assertSize(bytes, superblock.blocks)
  const { buildTimeNanoseconds } = superblock
  if (buildTimeNanoseconds > NANOSECONDS_MAX) {
    const problem = `a build time of ${buildTimeNanoseconds} nanoseconds`
    throw new ErofsError('ERR_EROFS_OUT_OF_RANGE', problem, { actual: buildTimeNanoseconds })
  }
  return {
    bytes,
    view,
    version: composefsVersion,
    hasAcl: (header.flags & HEADER_HAS_ACL) !== 0,
    rootNid: superblock.rootNid,
    inodeCount: superblock.inodes,
    buildTime: superblock.buildTime,
    buildTimeNanoseconds,
    xattrOffset: superblock.xattrBlock * BLOCK_SIZE,
  }
}

function assertMagic(what: string, offset: number, actual: number, expected: number): void {
  if (actual === expected) return
  throw new ErofsError('ERR_EROFS_BAD_MAGIC', `not a ${what}`, { offset, expected, actual })
}

function assertZero(what: string, value: number | bigint): void {
  if (Number(value) !== 0) throw unsupported(what, value)
}

function assertSize(bytes: ByteView, blocks: number): void {
  const expected = blocks * BLOCK_SIZE
  if (bytes.length === expected) return
  const code = bytes.length < expected ? 'ERR_EROFS_TRUNCATED' : 'ERR_EROFS_OUT_OF_RANGE'
  const problem = `an image of ${bytes.length} bytes whose superblock says ${expected}`
  throw new ErofsError(code, problem, { expected, actual: bytes.length })
}

function unsupported(what: string, value: number | bigint): ErofsError {
  return new ErofsError('ERR_EROFS_UNSUPPORTED', `${what} ${value}: no composefs image has that`, {
    actual: value,
  })
}
