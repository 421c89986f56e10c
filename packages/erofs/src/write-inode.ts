import { PERMISSION_MASK, ROOT, TYPE_REGULAR } from '@composefs/tree'
import { chunkFormat } from './chunks.ts'
import { type EntryTargets, groupEnd, writeGroup } from './directory-pack.ts'
import {
  BLOCK_SIZE,
  CompactInode,
  ExtendedInode,
  FORMAT_EXTENDED,
  LAYOUT_CHUNKS,
  LAYOUT_INLINE,
  LAYOUT_PLAIN,
  SLOT_SIZE,
  XATTR_UNIT,
  XattrArea,
} from './format.ts'
import type { ImageLayout } from './layout.ts'
import type { OutputWindow } from './output-window.ts'
import { Shape } from './shape.ts'
import { isWhiteout, type Node } from './source-tree.ts'
import { STUB_MODE } from './stubs.ts'

const COMPACT = CompactInode.offsets
const EXTENDED = ExtendedInode.offsets

/** Byte of a chunk table: nothing of the data is in this image. */
const NO_CHUNK = 0xff

/** Writes inodes, then the blocks of their data, each in the order of their numbers. */
export class InodeWriter implements EntryTargets {
  readonly nids: Uint32Array
  readonly numbers: Uint32Array
  readonly #layout: ImageLayout
  readonly #window: OutputWindow
  /** First block of the next inode that has any. */
  #nextBlock: number

  constructor(layout: ImageLayout, window: OutputWindow) {
    this.nids = layout.nids
    this.numbers = layout.order.numbers
    this.#layout = layout
    this.#window = window
    this.#nextBlock = layout.dataBlock
  }

  /** Type and permission bits of a node: those of V0 and V1 have no whiteouts but stubs. */
  modeOf(node: Node): number {
    const { isOld, view } = this.#layout.source
    if (node >= view.inodeLimit) return STUB_MODE
    const mode = view.mode[node] as number
    return isOld && isWhiteout(view, node) ? TYPE_REGULAR | (mode & PERMISSION_MASK) : mode
  }

  /** Writes the next inode, its xattr area and its tail. */
  writeInode(number: number): void {
    const { headSizes, isCompact, nids, order, shapes, tails, xattrs } = this.#layout
    const window = this.#window
    const node = order.nodes[number] as number
    const shape = shapes[number] as Shape
    const headSize = headSizes[number] as number
    const tail = tails[number] as number
    window.skipTo((nids[number] as number) * SLOT_SIZE)
    const at = window.take(headSize + tail)
    const inodeSize = isCompact[number] === 1 ? CompactInode.size : ExtendedInode.size
    if (isCompact[number] === 1) this.#writeCompact(number, node, shape, at)
    else this.#writeExtended(number, node, shape, at)
    if (headSize > inodeSize) {
      const count = 1 + (headSize - inodeSize - XattrArea.size) / XATTR_UNIT
      window.view.setUint16(at + COMPACT.xattrCount, count, true)
      xattrs.writeArea(number, window.bytes, window.view, at + inodeSize)
    }
    if (tail > 0) this.#writeTail(number, node, shape, at + headSize)
    this.#nextBlock += this.#layout.blocks[number] as number
  }

  /** Writes the blocks of the next inode that has any. */
  writeBlocks(number: number): void {
    const blocks = this.#layout.blocks[number] as number
    const { order, shapes, source } = this.#layout
    const node = order.nodes[number] as number
    const shape = shapes[number] as Shape
    if (shape === Shape.directory) {
      this.#writeDirectoryBlocks(node, blocks)
      return
    }
    const { data } = source.view
    const start = source.view.dataOffset[node] as number
    const end = start + (source.view.dataLength[node] as number)
    for (let block = 0; block < blocks; block++) {
      const at = this.#window.take(BLOCK_SIZE)
      if (shape === Shape.chunks) {
        this.#window.bytes.fill(NO_CHUNK, at, at + BLOCK_SIZE)
      } else {
        const from = start + block * BLOCK_SIZE
        this.#window.bytes.set(data.subarray(from, Math.min(from + BLOCK_SIZE, end)), at)
      }
    }
  }

  #writeCompact(number: number, node: Node, shape: Shape, at: number): void {
    const { source } = this.#layout
    const { view } = source
    const out = this.#window.view
    const isStub = node >= view.inodeLimit
    const owner = isStub ? ROOT : node
    out.setUint16(at + COMPACT.format, this.#layoutOf(number, shape), true)
    out.setUint16(at + COMPACT.mode, this.modeOf(node), true)
    out.setUint16(at + COMPACT.nlink, isStub ? 1 : (view.nlink[node] as number), true)
    out.setUint32(at + COMPACT.size, this.#sizeOf(number, node, shape), true)
    out.setUint32(at + COMPACT.data, this.#dataOf(number, node, shape), true)
    out.setUint32(at + COMPACT.ino, number, true)
    out.setUint16(at + COMPACT.uid, view.uid[owner] as number, true)
    out.setUint16(at + COMPACT.gid, view.gid[owner] as number, true)
  }

  #writeExtended(number: number, node: Node, shape: Shape, at: number): void {
    const { nids, source } = this.#layout
    const { isOld, view } = source
    const out = this.#window.view
    const isStub = node >= view.inodeLimit
    const owner = isStub ? ROOT : node
    const size = this.#sizeOf(number, node, shape)
    out.setUint16(at + EXTENDED.format, this.#layoutOf(number, shape) | FORMAT_EXTENDED, true)
    out.setUint16(at + EXTENDED.mode, this.modeOf(node), true)
    out.setUint32(at + EXTENDED.size, size, true)
    out.setUint32(at + EXTENDED.size + 4, Math.floor(size / 2 ** 32), true)
    out.setUint32(at + EXTENDED.data, this.#dataOf(number, node, shape), true)
    out.setUint32(at + EXTENDED.ino, isOld ? number : (nids[number] as number), true)
    out.setUint32(at + EXTENDED.uid, view.uid[owner] as number, true)
    out.setUint32(at + EXTENDED.gid, view.gid[owner] as number, true)
    out.setUint32(at + EXTENDED.mtime, view.mtimeLow[owner] as number, true)
    out.setUint32(at + EXTENDED.mtime + 4, view.mtimeHigh[owner] as number, true)
    if (isOld) {
      const nanoseconds = view.mtimeNanoseconds[owner] as number
      out.setUint32(at + EXTENDED.mtimeNanoseconds, nanoseconds, true)
    }
    out.setUint32(at + EXTENDED.nlink, isStub ? 1 : (view.nlink[node] as number), true)
  }

  #layoutOf(number: number, shape: Shape): number {
    if (shape === Shape.chunks) return LAYOUT_CHUNKS
    return (this.#layout.tails[number] as number) > 0 ? LAYOUT_INLINE : LAYOUT_PLAIN
  }

  #sizeOf(number: number, node: Node, shape: Shape): number {
    const { blocks, source, tails } = this.#layout
    switch (shape) {
      case Shape.directory:
        return (blocks[number] as number) * BLOCK_SIZE + (tails[number] as number)
      case Shape.empty:
      case Shape.device:
        return 0
      default:
        return source.view.size[node] as number
    }
  }

  /** First block, device number or chunk format. */
  #dataOf(number: number, node: Node, shape: Shape): number {
    const { blocks, source } = this.#layout
    const { version, view } = source
    const block = blocks[number] === 0 ? 0 : this.#nextBlock
    if (shape === Shape.device) {
      return node >= view.inodeLimit ? 0 : (view.dataOffset[node] as number)
    }
    if (shape !== Shape.chunks) return block
    // A table that had to go to a block leaves room for half of the block number only: C composefs wrote that.
    return ((block & 0xffff_0000) | chunkFormat(view.size[node] as number, version)) >>> 0
  }

  #writeTail(number: number, node: Node, shape: Shape, at: number): void {
    const { blocks, source, tails } = this.#layout
    const { bytes } = this.#window
    const tail = tails[number] as number
    if (shape === Shape.directory) {
      this.#writeDirectoryTail(node, at)
    } else if (shape === Shape.chunks) {
      bytes.fill(NO_CHUNK, at, at + tail)
    } else {
      const { data, dataOffset } = source.view
      const from = (dataOffset[node] as number) + (blocks[number] as number) * BLOCK_SIZE
      for (let i = 0; i < tail; i++) bytes[at + i] = data[from + i] as number
    }
  }

  #writeDirectoryBlocks(directory: number, blocks: number): void {
    const { listing } = this.#layout
    const { bytes, view } = this.#window
    listing.fill(directory)
    let start = 0
    for (let block = 0; block < blocks; block++) {
      const end = groupEnd(listing, start)
      const at = this.#window.take(BLOCK_SIZE)
      writeGroup(listing, { start, end }, this, { bytes, view, at })
      start = end
    }
  }

  #writeDirectoryTail(directory: number, at: number): void {
    const { listing } = this.#layout
    const { bytes, view } = this.#window
    listing.fill(directory)
    let start = 0
    let end = groupEnd(listing, 0)
    while (end < listing.length) {
      start = end
      end = groupEnd(listing, start)
    }
    writeGroup(listing, { start, end }, this, { bytes, view, at })
  }
}
