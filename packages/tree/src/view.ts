import type { Algorithm } from '@composefs/fsverity'
import type { Xattr } from './inode.ts'
import type { TreeStore } from './store.ts'

/** A column of numbers, to be read only. It may be longer than it is in use. */
export interface Column {
  readonly length: number
  readonly [index: number]: number
}

/**
 * The arrays of a tree, for passes over very many entries. Everything is valid until the next change of the tree.
 *
 * Inodes: columns by inode number, `inodeLimit` of them, the root is 0. The meaning of `dataOffset`, `dataLength`
 * and `size` depends on `content` (a ContentCode); numbers of removed inodes have `content` 11.
 *
 * Names: columns by name number; 0 means "none". A directory's names are in bytes order: `firstName[directory]`,
 * then `nextName[name]` until 0.
 */
export interface TreeView {
  readonly algorithm: Algorithm
  readonly inodeLimit: number
  readonly inodeCount: number
  /** False when every leaf has one name. */
  readonly hasLinks: boolean
  /** Type and permission bits. */
  readonly mode: Column
  readonly content: Column
  readonly uid: Column
  readonly gid: Column
  /** Low and high half of the seconds, two's complement. */
  readonly mtimeLow: Column
  readonly mtimeHigh: Column
  readonly mtimeNanoseconds: Column
  /** Directories: 2 + subdirectories; leaves: names. */
  readonly nlink: Column
  /** Which set of xattrs: equal numbers have equal xattrs, 0 has none. */
  readonly xattrSet: Column
  /** Of leaves only: bytes of a file or a target. */
  readonly size: Column
  /** Of leaves only: place in `data`; of devices: the device number. */
  readonly dataOffset: Column
  /** Of leaves only: bytes in `data`. */
  readonly dataLength: Column
  readonly data: Uint8Array

  /** Of directories only, by inode. */
  readonly firstName: Column
  /** Of directories only, by inode: the name of the directory itself, of the root 0. */
  readonly ownName: Column
  readonly nextName: Column
  readonly nameInode: Column
  readonly nameParent: Column
  readonly nameOffset: Column
  readonly nameLength: Column
  /** Names are given out below this number. */
  readonly nameLimit: number
  readonly nameBytes: Uint8Array

  /** Sets are numbered below this. Not all need be in use. */
  readonly xattrSetLimit: number
  /** The xattrs of a set in bytes order of their names. They alias the tree. */
  xattrs(set: number): readonly Xattr[]
}

/** The view of a store, after putting every directory in order. */
export function viewOf(store: TreeStore): TreeView {
  const { inodes, names, xattrSets } = store
  for (let inode = 0; store.hasUnsorted && inode < inodes.count; inode++) {
    if (store.isDirectory(inode)) store.firstSortedName(inode)
  }
  store.hasUnsorted = false
  return {
    algorithm: store.algorithm,
    inodeLimit: inodes.count,
    inodeCount: store.liveInodes,
    hasLinks: store.hasLinks,
    mode: inodes.mode,
    content: inodes.content,
    uid: inodes.uid,
    gid: inodes.gid,
    mtimeLow: inodes.mtimeLow,
    mtimeHigh: inodes.mtimeHigh,
    mtimeNanoseconds: inodes.mtimeNanoseconds,
    nlink: inodes.nlink,
    xattrSet: inodes.xattrSet,
    size: inodes.size,
    dataOffset: inodes.dataOffset,
    dataLength: inodes.dataLength,
    data: store.data.bytes,
    firstName: inodes.dataOffset,
    ownName: inodes.size,
    nextName: names.next,
    nameInode: names.inode,
    nameParent: names.parent,
    nameOffset: names.offset,
    nameLength: names.length,
    nameLimit: names.count,
    nameBytes: names.arena.bytes,
    xattrSetLimit: xattrSets.count,
    xattrs: set => xattrSets.list(set),
  }
}
