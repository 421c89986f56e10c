import type { Algorithm } from '@composefs/fsverity'
import { assertMetadata, contentMode, readContent, storeContent } from './content.ts'
import { ContentCode } from './content-code.ts'
import { TreeError } from './errors.ts'
import {
  type FileKind,
  type Inode,
  type LeafContent,
  type Metadata,
  ROOT,
  type Xattr,
} from './inode.ts'
import { kindOfMode, PERMISSION_MASK, TYPE_DIRECTORY, TYPE_MASK } from './mode.ts'
import { assertName } from './name.ts'
import type { NameIndex } from './name-table.ts'
import { TreeStore } from './store.ts'
import { type TreeView, viewOf } from './view.ts'
import type { XattrSet } from './xattr-sets.ts'

/** A name in a directory and what it leads to. */
export interface TreeEntry {
  /** Aliases the tree. */
  readonly name: Uint8Array
  readonly inode: Inode
}

const SLASH = 0x2f

/** The tables of a tree, for the modules of this package. */
export let storeOf: (tree: FileTree) => TreeStore

/**
 * A file tree: directories, and leaves that may have several names. Names, targets and xattrs are bytes.
 *
 * Everything is kept in typed arrays, about 110 bytes an entry and its digest, so that a million entries are no
 * burden. Byte arrays that come out of a tree alias it and must not be changed; those that go in are copied.
 *
 * @example
 * const tree = new FileTree(SHA256)
 * const etc = tree.addDirectory(ROOT, encodeUtf8('etc'), metadata)
 * tree.addLeaf(etc, encodeUtf8('motd'), metadata, { kind: 'inline', data: encodeUtf8('hello\n') })
 */
export class FileTree {
  readonly #store: TreeStore

  static {
    storeOf = tree => tree.#store
  }

  /** A tree whose digests are of `algorithm`, and its root: 0755, 0:0, mtime 0 unless given. */
  constructor(algorithm: Algorithm, root?: Metadata) {
    this.#store = new TreeStore(algorithm)
    if (root !== undefined) this.setMetadata(ROOT, root)
  }

  /** The algorithm of the digests of external files. */
  get algorithm(): Algorithm {
    return this.#store.algorithm
  }

  /** Inodes that have a name, the root included. */
  get inodeCount(): number {
    return this.#store.liveInodes
  }

  /**
   * Adds an empty directory.
   *
   * @throws TreeError ERR_TREE_BAD_NAME, ERR_TREE_EXISTS, ERR_TREE_BAD_METADATA, ERR_TREE_BAD_XATTR, ERR_TREE_TOO_LARGE
   */
  addDirectory(parent: Inode, name: Uint8Array, metadata: Metadata): Inode {
    this.#assertDirectory(parent)
    assertName(name)
    assertMetadata(metadata)
    const set = this.#store.xattrSets.internList(metadata.xattrs)
    const inode = this.#add(parent, name, TYPE_DIRECTORY | metadata.mode)
    this.#writeMetadata(inode, metadata, set)
    return inode
  }

  /**
   * Adds a leaf.
   *
   * @throws TreeError as addDirectory, and ERR_TREE_BAD_CONTENT
   */
  addLeaf(parent: Inode, name: Uint8Array, metadata: Metadata, content: LeafContent): Inode {
    this.#assertDirectory(parent)
    assertName(name)
    assertMetadata(metadata)
    const type = contentMode(content, this.algorithm)
    const set = this.#store.xattrSets.internList(metadata.xattrs)
    const inode = this.#add(parent, name, type | metadata.mode)
    this.#writeMetadata(inode, metadata, set)
    storeContent(this.#store, inode, content)
    return inode
  }

  /**
   * Gives a leaf one more name.
   *
   * @throws TreeError ERR_TREE_BAD_NAME, ERR_TREE_EXISTS, ERR_TREE_BAD_LINK when `target` is a directory
   */
  link(parent: Inode, name: Uint8Array, target: Inode): void {
    this.#assertDirectory(parent)
    assertName(name)
    this.#assertLeaf(target)
    if (!this.#store.addLink(parent, name, 0, name.length, target)) throw nameExists()
  }

  /**
   * As link, but whatever has the name goes first, a directory with everything below it. The target keeps its
   * content even if it was below that.
   *
   * @throws TreeError ERR_TREE_BAD_NAME, ERR_TREE_BAD_LINK when `target` is a directory
   */
  replaceWithLink(parent: Inode, name: Uint8Array, target: Inode): void {
    const old = this.findName(parent, name)
    if (old === undefined) {
      this.link(parent, name, target)
      return
    }
    this.#assertLeaf(target)
    this.#store.replaceWithLink(old, target)
  }

  /** What `name` in a directory leads to. The cost does not depend on the size of the directory. */
  lookup(parent: Inode, name: Uint8Array): Inode | undefined {
    const index = this.findName(parent, name)
    return index === undefined ? undefined : this.nameInode(index)
  }

  /** The inode at a path from the root. Empty components are skipped, symlinks not followed, `..` never found. */
  lookupPath(path: Uint8Array): Inode | undefined {
    const store = this.#store
    let inode: Inode = ROOT
    for (let at = 0; at < path.length; ) {
      if (path[at] === SLASH) {
        at++
        continue
      }
      let end = path.indexOf(SLASH, at)
      if (end === -1) end = path.length
      const index = store.isDirectory(inode) ? store.findName(inode, path, at, end) : 0
      if (index === 0) return undefined
      inode = this.nameInode(index)
      at = end
    }
    return inode
  }

  /** Takes a name away, of a directory with everything below it. False when it is not there. */
  remove(parent: Inode, name: Uint8Array): boolean {
    const index = this.findName(parent, name)
    if (index === undefined) return false
    this.#store.removeName(index)
    return true
  }

  /** Takes away everything in a directory. */
  clear(directory: Inode): void {
    this.#assertDirectory(directory)
    const store = this.#store
    for (let name = store.firstName(directory); name !== 0; name = store.firstName(directory)) {
      store.removeName(name)
    }
  }

  /** Replaces mode, owner, time and xattrs. */
  setMetadata(inode: Inode, metadata: Metadata): void {
    this.#assertLive(inode)
    assertMetadata(metadata)
    this.#writeMetadata(inode, metadata, this.#store.xattrSets.internList(metadata.xattrs))
  }

  /** Mode, owner, time and xattrs of an inode, as a value of its own. */
  metadata(inode: Inode): Metadata {
    return {
      mode: this.mode(inode),
      uid: this.uid(inode),
      gid: this.gid(inode),
      mtimeSeconds: this.mtimeSeconds(inode),
      mtimeNanoseconds: this.mtimeNanoseconds(inode),
      xattrs: this.xattrs(inode),
    }
  }

  /** What kind of file an inode is. */
  kind(inode: Inode): FileKind {
    this.#assertLive(inode)
    return kindOfMode(this.#store.inodes.mode[inode] as number) as FileKind // only known types go in
  }

  /** Whether an inode is a directory. */
  isDirectory(inode: Inode): boolean {
    this.#assertLive(inode)
    return this.#store.isDirectory(inode)
  }

  /** Permission bits. */
  mode(inode: Inode): number {
    this.#assertLive(inode)
    return (this.#store.inodes.mode[inode] as number) & PERMISSION_MASK
  }

  /** User that owns an inode. */
  uid(inode: Inode): number {
    this.#assertLive(inode)
    return this.#store.inodes.uid[inode] as number
  }

  /** Group that owns an inode. */
  gid(inode: Inode): number {
    this.#assertLive(inode)
    return this.#store.inodes.gid[inode] as number
  }

  /** Time of the last change, in seconds since 1970; the nanoseconds count up from there. */
  mtimeSeconds(inode: Inode): bigint {
    this.#assertLive(inode)
    const { mtimeHigh, mtimeLow } = this.#store.inodes
    const high = BigInt((mtimeHigh[inode] as number) | 0)
    return (high << 32n) | BigInt(mtimeLow[inode] as number)
  }

  /** Nanoseconds of the time of the last change, 0 to 999,999,999. */
  mtimeNanoseconds(inode: Inode): number {
    this.#assertLive(inode)
    return this.#store.inodes.mtimeNanoseconds[inode] as number
  }

  /** Bytes of a regular file or of a symlink's target, else 0. */
  size(inode: Inode): number {
    return this.isDirectory(inode) ? 0 : (this.#store.inodes.size[inode] as number)
  }

  /** Device number in the kernel's 32-bit encoding, 0 but for devices. */
  rdev(inode: Inode): number {
    this.#assertLive(inode)
    const { content, dataOffset } = this.#store.inodes
    return content[inode] === ContentCode.device ? (dataOffset[inode] as number) : 0
  }

  /** Directories: 2 + subdirectories. Leaves: names. */
  nlink(inode: Inode): number {
    this.#assertLive(inode)
    return this.#store.inodes.nlink[inode] as number
  }

  /** In bytes order of the names. */
  xattrs(inode: Inode): readonly Xattr[] {
    this.#assertLive(inode)
    return this.#store.xattrSets.list(this.#store.inodes.xattrSet[inode] as number)
  }

  /** @throws TreeError ERR_TREE_BAD_XATTR */
  setXattrs(inode: Inode, xattrs: readonly Xattr[]): void {
    this.#assertLive(inode)
    this.#store.inodes.xattrSet[inode] = this.#store.xattrSets.internList(xattrs)
  }

  /** Keeps the xattrs of the whole tree for which `keeps` is true. It is asked once for each distinct set. */
  filterXattrs(keeps: (xattr: Xattr) => boolean): void {
    const { inodes, xattrSets } = this.#store
    const filtered: XattrSet[] = [0]
    const count = xattrSets.count
    for (let set = 1; set < count; set++) {
      filtered.push(xattrSets.internList(xattrSets.list(set).filter(keeps)))
    }
    for (let inode = 0; inode < inodes.count; inode++) {
      inodes.xattrSet[inode] = filtered[inodes.xattrSet[inode] as number] as number
    }
  }

  /**
   * What a leaf holds.
   *
   * @throws RangeError for a directory
   */
  content(inode: Inode): LeafContent {
    this.#assertLive(inode)
    return readContent(this.#store, inode)
  }

  /** The directory that a directory is in; the root is in itself. */
  parent(directory: Inode): Inode {
    this.#assertDirectory(directory)
    return this.#store.parent(directory)
  }

  /** Path of a directory from the root, `/` for the root itself. */
  directoryPath(directory: Inode): Uint8Array {
    this.#assertDirectory(directory)
    return this.#store.path(directory)
  }

  /** True for a directory with nothing in it. */
  isEmpty(directory: Inode): boolean {
    this.#assertDirectory(directory)
    return this.#store.firstName(directory) === 0
  }

  /**
   * The entries of a directory in bytes order of their names. The entry that was just yielded may be removed;
   * nothing else in this directory may change meanwhile.
   */
  *entries(directory: Inode): Generator<TreeEntry, void, undefined> {
    for (const index of this.nameIndexes(directory)) {
      yield { name: this.nameBytes(index), inode: this.nameInode(index) }
    }
  }

  /** The names of a directory as numbers, in the order and on the terms of `entries`. */
  *nameIndexes(directory: Inode): Generator<NameIndex, void, undefined> {
    this.#assertDirectory(directory)
    const { names } = this.#store
    let index = this.#store.firstSortedName(directory)
    while (index !== 0) {
      const next = names.next[index] as number
      yield index
      index = next
    }
  }

  /** Number of a name in a directory. It stays the same until the name is removed, and is not used again. */
  findName(parent: Inode, name: Uint8Array): NameIndex | undefined {
    this.#assertDirectory(parent)
    const index = this.#store.findName(parent, name, 0, name.length)
    return index === 0 ? undefined : index
  }

  /** The inode that a name leads to. */
  nameInode(index: NameIndex): Inode {
    return this.#store.names.inode[index] as number
  }

  /** The bytes of a name. Aliases the tree. */
  nameBytes(index: NameIndex): Uint8Array {
    return this.#store.names.bytes(index)
  }

  /** The tree as arrays of numbers, for passes over very many entries. Valid until the next change. */
  view(): TreeView {
    return viewOf(this.#store)
  }

  #add(parent: Inode, name: Uint8Array, mode: number): Inode {
    const inode = this.#store.addInode(parent, name, 0, name.length, mode)
    if (inode === undefined) throw nameExists()
    return inode
  }

  #writeMetadata(inode: Inode, metadata: Metadata, set: XattrSet): void {
    const { inodes } = this.#store
    inodes.mode[inode] = ((inodes.mode[inode] as number) & TYPE_MASK) | metadata.mode
    inodes.uid[inode] = metadata.uid
    inodes.gid[inode] = metadata.gid
    inodes.setSeconds(inode, metadata.mtimeSeconds)
    inodes.mtimeNanoseconds[inode] = metadata.mtimeNanoseconds
    inodes.xattrSet[inode] = set
  }

  #assertLive(inode: Inode): void {
    const { inodes } = this.#store
    const code = inode < inodes.count ? inodes.content[inode] : undefined
    if (code === undefined || code === ContentCode.removed) {
      throw new RangeError(`no inode ${inode} in this tree`)
    }
  }

  #assertLeaf(inode: Inode): void {
    this.#assertLive(inode)
    if (this.#store.isDirectory(inode)) {
      throw new TreeError('ERR_TREE_BAD_LINK', 'a hard link to a directory')
    }
  }

  #assertDirectory(inode: Inode): void {
    this.#assertLive(inode)
    if (!this.#store.isDirectory(inode)) {
      throw new TreeError('ERR_TREE_NOT_A_DIRECTORY', `inode ${inode} is not a directory`)
    }
  }
}

function nameExists(): TreeError {
  return new TreeError('ERR_TREE_EXISTS', 'the directory has an entry of that name')
}
