import { compareBytes } from '@composefs/bytes'
import { type Algorithm, type Digest, SHA256 } from '@composefs/fsverity'
import {
  type FileTree,
  type LeafContent,
  type Metadata,
  TYPE_MASK,
  type Xattr,
} from '@composefs/tree'
import { type DirectoryEntry, readDirectory } from './directory.ts'
import { type ErofsVersion, FILE_TYPES } from './format.ts'
import { type ErofsInode, inodeError, readInode } from './inode.ts'
import { isEscapedWhiteout, leafContent } from './leaf-content.ts'
import { imageObjects, walkObjects } from './objects.ts'
import { readXattrs } from './read-xattrs.ts'
import { type ImageBytes, readSuperblock } from './superblock.ts'
import { imageToTree, treeMetadata } from './to-tree.ts'
import { hasWhiteoutMarker, treeXattrs, type WhiteoutRole } from './tree-xattrs.ts'
import { type ImageEntry, walkImage } from './walk-image.ts'

/** How to read an image. */
export interface OpenImageOptions {
  /** Largest image in bytes. Default: 1 GiB. */
  readonly maxSize?: number
  /** The algorithm that all digests must be of: that of the repository. Default: any. */
  readonly algorithm?: Algorithm
}

const SLASH = 0x2f

/**
 * Opens an image for reading. Header and superblock are checked now, everything else when it is read. The bytes
 * must not change.
 *
 * @throws ErofsError ERR_EROFS_TRUNCATED, ERR_EROFS_TOO_LARGE, ERR_EROFS_BAD_MAGIC, ERR_EROFS_UNSUPPORTED,
 * ERR_EROFS_OUT_OF_RANGE
 */
export function openImage(bytes: Uint8Array, options: OpenImageOptions = {}): ErofsImage {
  return new ErofsImage(bytes, readSuperblock(bytes, options.maxSize), options.algorithm)
}

/**
 * An image that may be hostile: every method gives what is there or throws an ErofsError, in time and memory that
 * the size of the image bounds. `lookup`, `inode` and the like check what they touch; `toTree`, `objects` and a
 * whole `walk` check the structure of everything.
 *
 * @example
 * const image = openImage(bytes)
 * const inode = image.lookup(encodeUtf8('/etc/motd'))
 * if (inode?.kind === 'regular') image.content(inode)
 */
export class ErofsImage {
  /** The bytes of the image. */
  readonly bytes: Uint8Array
  readonly #image: ImageBytes
  readonly #algorithm: Algorithm | undefined

  constructor(bytes: Uint8Array, image: ImageBytes, algorithm: Algorithm | undefined) {
    this.bytes = bytes
    this.#image = image
    this.#algorithm = algorithm
  }

  /** The composefs version: 0 and 1 are of the old layout, 2 is of the new one. */
  get version(): ErofsVersion {
    return this.#image.version
  }

  /** Number of the root inode. */
  get rootNid(): number {
    return this.#image.rootNid
  }

  /** The header says that some inode has a POSIX ACL. It never does in V2. */
  get hasAcl(): boolean {
    return this.#image.hasAcl
  }

  /** The inode at a place of the image. */
  inode(nid: number): ErofsInode {
    return readInode(this.#image, nid)
  }

  /** The inode at a path from the root. Empty components are skipped, symlinks not followed, `..` never found. */
  lookup(path: Uint8Array): ErofsInode | undefined {
    let inode = this.inode(this.rootNid)
    for (let at = 0; at < path.length; ) {
      if (path[at] === SLASH) {
        at++
        continue
      }
      let end = path.indexOf(SLASH, at)
      if (end === -1) end = path.length
      const entry =
        inode.kind === 'directory' ? this.#find(inode, path.subarray(at, end)) : undefined
      if (entry === undefined) return undefined
      inode = this.#follow(entry)
      at = end
    }
    return inode
  }

  /** The entries of a directory in bytes order, without `.` and `..`; V0 and V1: stubs of the root included. */
  readDirectory(directory: ErofsInode): Generator<DirectoryEntry, void, undefined> {
    return readDirectory(this.#image, directory)
  }

  /** Every name, depth first, root first. The structure is good when this has come to its end. */
  walk(): Generator<ImageEntry, void, undefined> {
    return walkImage(this.#image)
  }

  /** The xattrs of an inode as the image has them, composefs' own included. */
  xattrs(inode: ErofsInode): Xattr[] {
    return readXattrs(this.#image, inode)
  }

  /** Mode, owner, time and xattrs of an inode as its tree has them. */
  metadata(inode: ErofsInode): Metadata {
    const xattrs = this.xattrs(inode)
    const role = this.#whiteoutRole(inode, xattrs)
    return treeMetadata(inode, treeXattrs(this.#image, inode, xattrs, role))
  }

  /**
   * What a leaf holds as its tree has it: inline data, the object that the data is in, a target, a device.
   *
   * @throws RangeError for a directory
   */
  content(inode: ErofsInode): LeafContent {
    return leafContent(this.#image, inode, this.xattrs(inode), this.#algorithm)
  }

  /** Every object that the image needs, enforced or only named, each once, in bytes order. */
  objects(): Digest[] {
    return imageObjects(this.#image, this.#algorithm)
  }

  /**
   * The tree that the image was made of, after every check.
   *
   * @param algorithm of its digests; default: the one the image was opened with, or else that of its first object
   */
  toTree(algorithm: Algorithm = this.#algorithm ?? this.firstAlgorithm() ?? SHA256): FileTree {
    return imageToTree(this.#image, algorithm)
  }

  /** The algorithm of the first object; undefined for an image without objects, which goes with any. */
  firstAlgorithm(): Algorithm | undefined {
    for (const object of walkObjects(this.#image)) return object.algorithm
    return undefined
  }

  #find(directory: ErofsInode, name: Uint8Array): DirectoryEntry | undefined {
    for (const entry of this.readDirectory(directory)) {
      const order = compareBytes(entry.name, name)
      if (order === 0) return entry
      if (order > 0) return undefined
    }
    return undefined
  }

  #follow({ fileType, nid }: DirectoryEntry): ErofsInode {
    const inode = this.inode(nid)
    if (FILE_TYPES[(inode.mode & TYPE_MASK) >> 12] === fileType) return inode
    const facts = { actual: fileType }
    throw inodeError('ERR_EROFS_BAD_DIRECTORY', nid, `a ${inode.kind} as another type`, facts)
  }

  #whiteoutRole(inode: ErofsInode, xattrs: readonly Xattr[]): WhiteoutRole {
    if (this.version === 2) return 'none'
    if (isEscapedWhiteout(inode, xattrs)) return 'is-whiteout'
    if (inode.kind !== 'directory' || !hasWhiteoutMarker(xattrs)) return 'none'
    for (const entry of this.readDirectory(inode)) {
      const child = this.#follow(entry)
      if (child.kind !== 'regular' || child.size > 0) continue
      if (isEscapedWhiteout(child, this.xattrs(child))) return 'holds-whiteout'
    }
    return 'none'
  }
}
