import { showUtf8 } from '@composefs/bytes'
import { escapeXattr, type Xattr } from '@composefs/tree'
import { CompactInode, ExtendedInode, SLOT_SIZE, XattrArea } from '../format.ts'
import type { ErofsInode } from '../inode.ts'
import { readXattrs } from '../read-xattrs.ts'
import type { ImageBytes } from '../superblock.ts'
import type { ImageDifference } from './image-difference.ts'

/** An inode and the image it is in. */
export interface PlacedInode {
  readonly image: ImageBytes
  readonly inode: ErofsInode
}

type Fact = (placed: PlacedInode) => string

/** What an image says of an inode beyond its tree, by the rule that it is told under. */
const FACTS: readonly (readonly [ImageDifference['rule'], Fact])[] = [
  ['inode-form', formOf],
  ['block-layout', layoutOf],
  ['chunk-format', chunkFormatOf],
  ['xattr-sharing', sharingOf],
  ['xattr-order', xattrsOf],
  ['xattr-name-filter', filterOf],
  ['inode-place', ({ inode }) => `nid ${inode.nid}`],
  ['inode-number', ({ image, inode }) => `number ${word(image, inode, CompactInode.offsets.ino)}`],
  ['link-count', ({ inode }) => `${inode.nlink} links`],
]

/** How two inodes of one name differ, beyond what their trees have. */
export function* compareInodes(a: PlacedInode, b: PlacedInode): Generator<ImageDifference> {
  for (const [rule, factOf] of FACTS) {
    const inA = factOf(a)
    const inB = factOf(b)
    if (inA !== inB) yield { rule, a: inA, b: inB }
  }
}

function formOf({ inode }: PlacedInode): string {
  return inode.xattrOffset - inode.nid * SLOT_SIZE === ExtendedInode.size ? 'extended' : 'compact'
}

function layoutOf({ inode }: PlacedInode): string {
  if (inode.hasChunks) return 'chunks'
  if (inode.blocks === 0 && inode.tailSize === 0) return 'no data'
  return `${inode.blocks} blocks, ${inode.tailSize} bytes behind the inode`
}

function chunkFormatOf({ image, inode }: PlacedInode): string {
  if (!inode.hasChunks) return 'none'
  return `chunk format ${word(image, inode, CompactInode.offsets.data)}`
}

function sharingOf(placed: PlacedInode): string {
  const { image, inode } = placed
  if (inode.xattrSize === 0) return 'no xattrs'
  const shared = image.view.getUint8(inode.xattrOffset + XattrArea.offsets.sharedCount)
  return `${shared} of ${readXattrs(image, inode).length} xattrs shared`
}

function xattrsOf({ image, inode }: PlacedInode): string {
  return inode.xattrSize === 0 ? '' : readXattrs(image, inode).map(xattrText).join(' ')
}

function filterOf({ image, inode }: PlacedInode): string {
  if (inode.xattrSize === 0) return 'none'
  return `0x${image.view.getUint32(inode.xattrOffset, true).toString(16).padStart(8, '0')}`
}

/** As in a dump. */
function xattrText({ name, value }: Xattr): string {
  return `${showUtf8(escapeXattr(name))}=${showUtf8(escapeXattr(value))}`
}

/** A field that both forms of inodes have at the same place. */
function word({ view }: ImageBytes, inode: ErofsInode, offset: number): number {
  return view.getUint32(inode.nid * SLOT_SIZE + offset, true)
}
