import {
  BLOCK_BITS,
  BLOCK_SIZE,
  FEATURE_COMPAT,
  HEADER_HAS_ACL,
  HEADER_MAGIC,
  HEADER_VERSION,
  Header,
  INODES_OFFSET,
  SUPERBLOCK_MAGIC,
  SUPERBLOCK_OFFSET,
  Superblock,
} from './format.ts'
import type { ImageLayout } from './layout.ts'
import type { SplitTime } from './mtime.ts'
import { OutputWindow } from './output-window.ts'
import { InodeWriter } from './write-inode.ts'

const ZEROS = new Uint8Array(0)

/** Writes an image that is laid out. The second pass: everything is known, nothing can be refused any more. */
export function writeLayout(layout: ImageLayout, write: (chunk: Uint8Array) => void): void {
  const { blocks, order, xattrs } = layout
  const window = new OutputWindow(write)
  writeHead(layout, window)
  const inodes = new InodeWriter(layout, window)
  for (let number = 0; number < order.count; number++) inodes.writeInode(number)
  window.skipTo(layout.inodesEnd)
  for (const entry of xattrs.sharedEntries()) window.append(entry)
  window.skipTo(layout.dataBlock * BLOCK_SIZE)
  for (let number = 0; number < order.count; number++) {
    if (blocks[number] !== 0) inodes.writeBlocks(number)
  }
  window.finish()
}

function writeHead(layout: ImageLayout, window: OutputWindow): void {
  const { nids, order, source, xattrs } = layout
  const at = window.take(INODES_OFFSET)
  Header.write(window.view, at, {
    magic: HEADER_MAGIC,
    version: HEADER_VERSION,
    flags: xattrs.hasAcl ? HEADER_HAS_ACL : 0,
    composefsVersion: source.version,
    unused: ZEROS,
  })
  const time = layout.smallestMtime
  Superblock.write(window.view, at + SUPERBLOCK_OFFSET, {
    magic: SUPERBLOCK_MAGIC,
    checksum: 0,
    featureCompat: FEATURE_COMPAT,
    blockBits: BLOCK_BITS,
    extensionSlots: 0,
    // The first inode: however far an xattr area may move it, it stays below 16 bits.
    rootNid: nids[0] as number,
    inodes: BigInt(order.count),
    buildTime: source.isOld ? secondsOf(time) : 0n,
    buildTimeNanoseconds: source.isOld ? time.nanoseconds : 0,
    blocks: layout.blockCount,
    metaBlock: 0,
    xattrBlock: source.isOld ? Math.floor(layout.inodesEnd / BLOCK_SIZE) : 0,
    uuid: ZEROS,
    volumeName: ZEROS,
    featureIncompat: 0,
    compressionAlgorithms: 0,
    extraDevices: 0,
    deviceTableSlot: 0,
    directoryBlockBits: 0,
    xattrPrefixCount: 0,
    xattrPrefixStart: 0,
    packedNid: 0n,
    xattrFilterReserved: 0,
    reserved1: ZEROS,
    reserved2: ZEROS,
  })
}

function secondsOf({ high, low }: SplitTime): bigint {
  return (BigInt(high | 0) << 32n) | BigInt(low)
}
