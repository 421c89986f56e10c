import { ROOT } from '@composefs/tree'
import { assertNode } from './assert-node.ts'
import { chunkCount } from './chunks.ts'
import { packDirectory } from './directory-pack.ts'
import { ErofsError } from './errors.ts'
import {
  BLOCK_BITS,
  BLOCK_SIZE,
  CHUNK_ENTRY_SIZE,
  CompactInode,
  ExtendedInode,
  INODES_OFFSET,
  SLOT_SIZE,
} from './format.ts'
import { Listing } from './listing.ts'
import { type SplitTime, smallestMtime } from './mtime.ts'
import { type InodeOrder, orderInodes } from './order.ts'
import { Shape, shapesOf } from './shape.ts'
import type { SourceTree } from './source-tree.ts'
import { ImageXattrs } from './xattrs.ts'

/** Where everything of an image is: the result of the first pass, the plan of the second. */
export interface ImageLayout {
  readonly source: SourceTree
  readonly order: InodeOrder
  readonly xattrs: ImageXattrs
  readonly listing: Listing
  readonly smallestMtime: SplitTime
  /** How each inode is stored, by its number. */
  readonly shapes: Uint8Array
  /** By number of the inode. */
  readonly nids: Uint32Array
  /** Bytes of inode head and xattr area. */
  readonly headSizes: Uint32Array
  /** 1 for a compact inode. */
  readonly isCompact: Uint8Array
  /** Bytes behind the xattr area. */
  readonly tails: Uint16Array
  /** Blocks of data. */
  readonly blocks: Uint32Array
  /** Where the last inode ends and the shared xattrs begin, in bytes. */
  readonly inodesEnd: number
  /** First block of data. */
  readonly dataBlock: number
  /** Blocks of the whole image. */
  readonly blockCount: number
}

/** Nids and block numbers have 32 bits. */
const NUMBER_MAX = 0xffff_ffff
const UINT16_MAX = 0xffff
/** Largest tail of an inline file that stays behind its inode, in bytes. */
const INLINE_TAIL_MAX = BLOCK_SIZE / 2

/**
 * Decides where every inode, its tail and its blocks are. Nothing is written before this has passed.
 *
 * @throws ErofsError ERR_EROFS_LIMIT, ERR_EROFS_TOO_LARGE
 */
export function layoutImage(source: SourceTree): ImageLayout {
  const order = orderInodes(source)
  const { count } = order
  const pass = new LayoutPass(source, order)
  for (let number = 0; number < count; number++) pass.place(number)
  return pass.finish()
}

class LayoutPass {
  readonly #source: SourceTree
  readonly #order: InodeOrder
  readonly #xattrs: ImageXattrs
  readonly #listing: Listing
  readonly #smallestMtime: SplitTime
  readonly #shapes: Uint8Array
  readonly #nids: Uint32Array
  readonly #headSizes: Uint32Array
  readonly #isCompact: Uint8Array
  readonly #tails: Uint16Array
  readonly #blocks: Uint32Array
  #position = INODES_OFFSET
  #blockCount = 0

  constructor(source: SourceTree, order: InodeOrder) {
    this.#source = source
    this.#order = order
    this.#shapes = shapesOf(source, order.nodes)
    this.#xattrs = new ImageXattrs(source, order, this.#shapes)
    this.#listing = new Listing(source)
    this.#smallestMtime = smallestMtime(source.view)
    this.#nids = new Uint32Array(order.count)
    this.#headSizes = new Uint32Array(order.count)
    this.#isCompact = new Uint8Array(order.count)
    this.#tails = new Uint16Array(order.count)
    this.#blocks = new Uint32Array(order.count)
  }

  /** Places the next inode. */
  place(number: number): void {
    const { isOld } = this.#source
    const node = this.#order.nodes[number] as number
    const shape = this.#shapes[number] as Shape
    assertNode(this.#source, node, shape)
    this.#measureData(number, node, shape)
    const size = this.#sizeOf(number, node, shape)
    const isCompact = isOld && this.#fitsCompact(node, size)
    const headSize =
      (isCompact ? CompactInode.size : ExtendedInode.size) + this.#xattrs.areaSize(number, node)
    this.#isCompact[number] = isCompact ? 1 : 0
    this.#headSizes[number] = headSize
    this.#position = roundUp(this.#position, SLOT_SIZE)
    if (!isOld) this.#padV2(shape, headSize, size)
    else if (shape === Shape.symlink) this.#padOldSymlink(number, headSize, size)
    else this.#padOld(number, headSize)
    const nid = this.#position / SLOT_SIZE
    if (nid > NUMBER_MAX) throw tooLarge(this.#position)
    this.#nids[number] = nid
    this.#position += headSize + (this.#tails[number] as number)
    this.#blockCount += this.#blocks[number] as number
  }

  finish(): ImageLayout {
    const inodesEnd = roundUp(this.#position, SLOT_SIZE)
    const dataOffset = roundUp(inodesEnd + this.#xattrs.sharedSize, BLOCK_SIZE)
    const dataBlock = dataOffset / BLOCK_SIZE
    const blockCount = dataBlock + this.#blockCount
    if (blockCount > NUMBER_MAX) throw tooLarge(blockCount * BLOCK_SIZE)
    const { isOld } = this.#source
    this.#xattrs.setSharedBase(isOld ? inodesEnd % BLOCK_SIZE : inodesEnd)
    return {
      source: this.#source,
      order: this.#order,
      xattrs: this.#xattrs,
      listing: this.#listing,
      smallestMtime: this.#smallestMtime,
      shapes: this.#shapes,
      nids: this.#nids,
      headSizes: this.#headSizes,
      isCompact: this.#isCompact,
      tails: this.#tails,
      blocks: this.#blocks,
      inodesEnd,
      dataBlock,
      blockCount,
    }
  }

  /** Divides the data of an inode into blocks and a tail, before padding may move the tail. */
  #measureData(number: number, node: number, shape: Shape): void {
    const { isOld, version, view } = this.#source
    if (shape === Shape.directory) {
      this.#listing.fill(node)
      const { blocks, tail } = packDirectory(this.#listing)
      this.#blocks[number] = blocks
      this.#tails[number] = tail
    } else if (shape === Shape.inline) {
      const size = view.size[node] as number
      const tail = isOld ? size % BLOCK_SIZE : size
      const isTailInBlock = tail > INLINE_TAIL_MAX
      this.#blocks[number] = (size - tail) / BLOCK_SIZE + (isTailInBlock ? 1 : 0)
      this.#tails[number] = isTailInBlock ? 0 : tail
    } else if (shape === Shape.symlink) {
      this.#tails[number] = view.size[node] as number
    } else if (shape === Shape.chunks) {
      this.#tails[number] = CHUNK_ENTRY_SIZE * chunkCount(view, node, version)
    }
  }

  /** `i_size` of an inode. */
  #sizeOf(number: number, node: number, shape: Shape): number {
    if (shape === Shape.directory) {
      return (this.#blocks[number] as number) * BLOCK_SIZE + (this.#tails[number] as number)
    }
    const hasSize = shape === Shape.inline || shape === Shape.symlink || shape === Shape.chunks
    return hasSize ? (this.#source.view.size[node] as number) : 0
  }

  #fitsCompact(node: number, size: number): boolean {
    const { view } = this.#source
    const isStub = node >= view.inodeLimit
    const inode = isStub ? ROOT : node
    const { high, low, nanoseconds } = this.#smallestMtime
    return (
      view.mtimeLow[inode] === low &&
      view.mtimeHigh[inode] === high &&
      view.mtimeNanoseconds[inode] === nanoseconds &&
      (isStub || (view.nlink[inode] as number) <= UINT16_MAX) &&
      (view.uid[inode] as number) <= UINT16_MAX &&
      (view.gid[inode] as number) <= UINT16_MAX &&
      size <= NUMBER_MAX
    )
  }

  /** A tail must not cross a block boundary, and an old symlink not even together with its inode. */
  #padOldSymlink(number: number, headSize: number, size: number): void {
    const total = headSize + size
    if (total >= BLOCK_SIZE) {
      this.#blocks[number] = 1
      this.#tails[number] = 0
    }
    if (blockOf(this.#position) !== blockOf(this.#position + total - 1)) {
      this.#position = roundUp(this.#position, BLOCK_SIZE)
    }
  }

  #padOld(number: number, headSize: number): void {
    const tail = this.#tails[number] as number
    const rest = BLOCK_SIZE - offsetInBlock(this.#position + headSize)
    if (tail === 0 || rest >= tail) return
    const extra = roundUp(rest, SLOT_SIZE)
    if (tail <= BLOCK_SIZE - offsetInBlock(this.#position + headSize + extra)) {
      this.#position += extra
      return
    }
    // A table of more chunks than a block has room for behind any inode.
    this.#blocks[number] = (this.#blocks[number] as number) + 1
    this.#tails[number] = 0
    this.#position = roundUp(this.#position, BLOCK_SIZE)
  }

  /** Pads also where the tail would just have ended with the block: cfsctl did so, and V2 is frozen. */
  #padV2(shape: Shape, headSize: number, size: number): void {
    const rest = size % BLOCK_SIZE
    const hasTail = shape === Shape.directory ? rest > 0 : shape !== Shape.chunks && size > 0
    if (!hasTail) return
    const last = this.#position + headSize - 1
    if (blockOf(last) === blockOf(last + 1 + rest)) return
    this.#position = roundUp(this.#position + BLOCK_SIZE - offsetInBlock(last), SLOT_SIZE)
  }
}

function blockOf(position: number): number {
  return Math.floor(position / BLOCK_SIZE)
}

/** As `position % BLOCK_SIZE`, which is a slow call for positions that do not fit into 31 bits. */
function offsetInBlock(position: number): number {
  return position - blockOf(position) * BLOCK_SIZE
}

function roundUp(position: number, unit: number): number {
  return Math.ceil(position / unit) * unit
}

function tooLarge(size: number): ErofsError {
  return new ErofsError('ERR_EROFS_TOO_LARGE', `an image of more than ${size} bytes`, {
    expected: `less than 2^32 slots of ${SLOT_SIZE} bytes and 2^32 blocks of 2^${BLOCK_BITS}`,
    actual: size,
  })
}
