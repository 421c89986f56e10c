import type { Algorithm } from '@composefs/fsverity'
import {
  FileTree,
  type Inode,
  isTreeError,
  type Metadata,
  PERMISSION_MASK,
  ROOT,
  type Xattr,
} from '@composefs/tree'
import { ErofsError } from './errors.ts'
import { SLOT_SIZE } from './format.ts'
import { type ErofsInode, inodeError, readInode } from './inode.ts'
import { isEscapedWhiteout, leafContent } from './leaf-content.ts'
import { readXattrs } from './read-xattrs.ts'
import type { ImageBytes } from './superblock.ts'
import { treeXattrs, type WhiteoutRole } from './tree-xattrs.ts'
import { type ImageEntry, walkImage } from './walk-image.ts'

/**
 * How many bytes of xattrs an image may unfold to, for each of its own bytes and to begin with. Shared xattrs are
 * small in the image and whole in the tree: without a limit 1 MiB of image could become 16 GiB.
 */
const UNFOLDED_PER_BYTE = 16
const UNFOLDED_FREE = 2 ** 25

/**
 * The tree of an image, after every check of the reader.
 *
 * @throws ErofsError any code of the reader
 */
export function imageToTree(image: ImageBytes, algorithm: Algorithm): FileTree {
  const builder = new TreeBuilder(image, algorithm)
  try {
    for (const entry of walkImage(image)) builder.add(entry)
    return builder.finish()
  } catch (cause) {
    if (!isTreeError(cause)) throw cause
    // Everything a tree refuses is refused above, except that its tables may be full.
    throw new ErofsError('ERR_EROFS_TOO_LARGE', cause.message, {}, { cause })
  }
}

/** What is the same in an inode and in its tree, but for the xattrs. */
export function treeMetadata(inode: ErofsInode, xattrs: readonly Xattr[]): Metadata {
  return {
    mode: inode.mode & PERMISSION_MASK,
    uid: inode.uid,
    gid: inode.gid,
    mtimeSeconds: inode.mtimeSeconds,
    mtimeNanoseconds: inode.mtimeNanoseconds,
    xattrs,
  }
}

class TreeBuilder {
  readonly #image: ImageBytes
  readonly #tree: FileTree
  /** By nid: the inode of the tree. */
  readonly #inodes: Uint32Array
  /** Nids of directories with escaped whiteouts: their markers go when all is read. */
  readonly #marked = new Set<number>()
  #unfolded: number

  constructor(image: ImageBytes, algorithm: Algorithm) {
    this.#image = image
    this.#tree = new FileTree(algorithm)
    this.#inodes = new Uint32Array(Math.ceil(image.bytes.length / SLOT_SIZE))
    this.#unfolded = UNFOLDED_FREE + UNFOLDED_PER_BYTE * image.bytes.length
  }

  add(entry: ImageEntry): void {
    try {
      this.#add(entry)
    } catch (error) {
      throw error instanceof ErofsError ? entry.locate(error) : error
    }
  }

  finish(): FileTree {
    for (const nid of this.#marked) {
      const inode = readInode(this.#image, nid)
      const xattrs = this.#xattrs(inode, readXattrs(this.#image, inode), 'holds-whiteout')
      this.#tree.setXattrs(this.#inodes[nid] as number, xattrs)
    }
    return this.#tree
  }

  #add({ inode, isFirstName, isStub, name, parentNid }: ImageEntry): void {
    const parent = this.#inodes[parentNid] as Inode
    if (!isFirstName) {
      this.#tree.link(parent, name, this.#inodes[inode.nid] as Inode)
      return
    }
    const xattrs = readXattrs(this.#image, inode)
    if (isStub) return
    if (inode.kind === 'directory') {
      const metadata = treeMetadata(inode, this.#xattrs(inode, xattrs, 'none'))
      if (inode.nid === this.#image.rootNid) this.#tree.setMetadata(ROOT, metadata)
      else this.#inodes[inode.nid] = this.#tree.addDirectory(parent, name, metadata)
      return
    }
    const content = leafContent(this.#image, inode, xattrs, this.#tree.algorithm)
    const isWhiteout = isEscapedWhiteout(inode, xattrs)
    if (isWhiteout) this.#marked.add(parentNid)
    const role = isWhiteout ? 'is-whiteout' : 'none'
    const metadata = treeMetadata(inode, this.#xattrs(inode, xattrs, role))
    this.#inodes[inode.nid] = this.#tree.addLeaf(parent, name, metadata, content)
  }

  #xattrs(inode: ErofsInode, xattrs: readonly Xattr[], role: WhiteoutRole): Xattr[] {
    for (const { name, value } of xattrs) this.#unfolded -= name.length + value.length
    if (this.#unfolded < 0) {
      throw inodeError('ERR_EROFS_TOO_LARGE', inode.nid, 'xattrs that unfold to far too much')
    }
    return treeXattrs(this.#image, inode, xattrs, role)
  }
}
