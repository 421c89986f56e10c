import { ByteArena } from '@composefs/bytes'
import type { Algorithm } from '@composefs/fsverity'
import { allocate } from './allocate.ts'
import { ContentCode } from './content-code.ts'
import { type Inode, ROOT } from './inode.ts'
import { InodeTable } from './inode-table.ts'
import { TYPE_DIRECTORY, TYPE_MASK } from './mode.ts'
import { type NameIndex, NameTable } from './name-table.ts'
import { XattrSets } from './xattr-sets.ts'

const SLASH = 0x2f

/** Up to here a loop copies faster than a call. */
const SHORT = 128

/**
 * The tables behind a FileTree and the few steps that keep them consistent. It trusts its caller: names and
 * numbers are checked by the FileTree and by the dump parser.
 */
export class TreeStore {
  readonly algorithm: Algorithm
  readonly inodes = new InodeTable()
  readonly names = new NameTable()
  readonly xattrSets = new XattrSets()
  /** Inline data, symlink targets, digests and payloads. */
  readonly data = new ByteArena()
  /** Inodes in use. */
  liveInodes = 1
  /** Some leaf has had a second name. */
  hasLinks = false
  /** Some directory may be unsorted. */
  hasUnsorted = false

  constructor(algorithm: Algorithm) {
    this.algorithm = algorithm
    const root = this.inodes.add()
    this.inodes.mode[root] = TYPE_DIRECTORY | 0o755
    this.inodes.nlink[root] = 2
    this.names.inode[0] = root
  }

  /**
   * A new inode under a new name; undefined when the directory has the name. Mode, owner and times are zeros, a
   * directory is empty.
   */
  addInode(
    parent: Inode,
    name: Uint8Array,
    start: number,
    end: number,
    mode: number,
  ): Inode | undefined {
    const { inodes } = this
    const index = this.#addName(parent, name, start, end, inodes.count)
    if (index === 0) return undefined
    const inode = inodes.add()
    inodes.mode[inode] = mode
    if ((mode & TYPE_MASK) === TYPE_DIRECTORY) {
      inodes.nlink[inode] = 2
      inodes.nlink[parent] = (inodes.nlink[parent] as number) + 1
      inodes.size[inode] = index
    } else {
      inodes.nlink[inode] = 1
    }
    this.liveInodes++
    return inode
  }

  /** One more name for a leaf; false when the directory has the name. */
  addLink(parent: Inode, name: Uint8Array, start: number, end: number, leaf: Inode): boolean {
    const index = this.#addName(parent, name, start, end, leaf)
    if (index === 0) return false
    this.inodes.nlink[leaf] = (this.inodes.nlink[leaf] as number) + 1
    this.hasLinks = true
    return true
  }

  /**
   * The name `bytes[start, end)` in a directory, or 0. What comes after the last name in order is not there: a tree that
   * is built in order never needs the hash table, neither here nor when names are added.
   */
  findName(directory: Inode, bytes: Uint8Array, start: number, end: number): NameIndex {
    const { inodes, names } = this
    const last = inodes.dataLength[directory] as number
    if (last === 0) return 0
    if (inodes.content[directory] === ContentCode.directory) {
      const order = names.compareWith(last, bytes, start, end)
      if (order <= 0) return order === 0 ? last : 0
    }
    return this.#findHashed(directory, bytes, start, end)
  }

  /** As addLink, but takes the place of the name `old` and of everything below it, be it the leaf itself. */
  replaceWithLink(old: NameIndex, leaf: Inode): void {
    const { inodes, names } = this
    const parent = names.parent[old] as number
    const name = names.bytes(old)
    // The leaf may be below the name that goes: one link more keeps it.
    inodes.nlink[leaf] = (inodes.nlink[leaf] as number) + 1
    this.removeName(old)
    inodes.nlink[leaf] = (inodes.nlink[leaf] as number) - 1
    this.addLink(parent, name, 0, name.length, leaf)
  }

  /** Takes a name away, with everything below it, and drops inodes that have no name left. */
  removeName(index: NameIndex): void {
    const { inodes, names } = this
    const parent = names.parent[index] as number
    this.#unlink(parent, index)
    if (this.isDirectory(names.inode[index] as number)) {
      inodes.nlink[parent] = (inodes.nlink[parent] as number) - 1
    }
    // No recursion: depth is up to whoever wrote the tree.
    const pending = [index]
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (inodes.isHashed[names.parent[name] as number] === 1) names.unhash(name)
      const inode = names.inode[name] as number
      if (!this.isDirectory(inode)) {
        const nlink = (inodes.nlink[inode] as number) - 1
        inodes.nlink[inode] = nlink
        if (nlink === 0) this.#drop(inode)
        continue
      }
      for (let child = this.firstName(inode); child !== 0; child = names.next[child] as number) {
        pending.push(child)
      }
      this.#drop(inode)
    }
  }

  isDirectory(inode: Inode): boolean {
    return (this.inodes.content[inode] as number) <= ContentCode.unsortedDirectory
  }

  /** The first name of a directory in the order of its list, or 0. */
  firstName(directory: Inode): NameIndex {
    return this.inodes.dataOffset[directory] as number
  }

  /** The first name of a directory in bytes order, or 0; the others follow through `names.next`. */
  firstSortedName(directory: Inode): NameIndex {
    if (this.inodes.content[directory] === ContentCode.unsortedDirectory) this.#sort(directory)
    return this.firstName(directory)
  }

  /** The directory that a directory is in; the root is in itself. */
  parent(directory: Inode): Inode {
    return directory === ROOT
      ? ROOT
      : (this.names.parent[this.inodes.size[directory] as number] as number)
  }

  /** Path of a directory from the root. */
  path(directory: Inode): Uint8Array {
    const name = directory === ROOT ? 0 : (this.inodes.size[directory] as number)
    return this.namePath(name)
  }

  /** Path of a name from the root, `/` for name 0. */
  namePath(index: NameIndex): Uint8Array {
    const { names } = this
    const chain: NameIndex[] = []
    let length = 0
    for (let name = index; name !== 0; ) {
      chain.push(name)
      length += 1 + (names.length[name] as number)
      const parent = names.parent[name] as number
      name = parent === ROOT ? 0 : (this.inodes.size[parent] as number)
    }
    const path = new Uint8Array(Math.max(1, length))
    path[0] = SLASH
    let at = 0
    for (const name of chain.reverse()) {
      path[at] = SLASH
      path.set(names.bytes(name), at + 1)
      at += 1 + (names.length[name] as number)
    }
    return path
  }

  /** Gives a leaf `length` bytes of data and returns their place, for the caller to fill in. */
  allocateData(leaf: Inode, length: number): number {
    const offset = allocate(this.data, length)
    this.inodes.dataOffset[leaf] = offset
    this.inodes.dataLength[leaf] = length
    return offset
  }

  /** Makes a copy of `bytes[start, end)` the data of a leaf. */
  setData(leaf: Inode, bytes: Uint8Array, start: number, end: number): void {
    const at = this.allocateData(leaf, end - start)
    const out = this.data.bytes
    if (end - start > SHORT) out.set(bytes.subarray(start, end), at)
    else for (let i = start; i < end; i++) out[at + i - start] = bytes[i] as number
  }

  /** Adds a name at the end of the list of its directory; 0 when the directory has it. */
  #addName(
    directory: Inode,
    bytes: Uint8Array,
    start: number,
    end: number,
    inode: Inode,
  ): NameIndex {
    const { inodes, names } = this
    const last = inodes.dataLength[directory] as number
    let isSorted = inodes.content[directory] === ContentCode.directory
    if (last !== 0 && isSorted) {
      const order = names.compareWith(last, bytes, start, end)
      if (order === 0) return 0
      isSorted = order < 0
    }
    if (!isSorted && this.#findHashed(directory, bytes, start, end) !== 0) return 0
    const index = names.add(directory, bytes, start, end, inode)
    if (inodes.isHashed[directory] === 1) names.hash(index)
    names.previous[index] = last
    if (last === 0) inodes.dataOffset[directory] = index
    else names.next[last] = index
    inodes.dataLength[directory] = index
    if (!isSorted) {
      inodes.content[directory] = ContentCode.unsortedDirectory
      this.hasUnsorted = true
    }
    return index
  }

  #findHashed(directory: Inode, bytes: Uint8Array, start: number, end: number): NameIndex {
    const { inodes, names } = this
    if (inodes.isHashed[directory] === 0) {
      inodes.isHashed[directory] = 1
      for (let name = this.firstName(directory); name !== 0; name = names.next[name] as number) {
        names.hash(name)
      }
    }
    return names.find(directory, bytes, start, end)
  }

  #unlink(directory: Inode, index: NameIndex): void {
    const { inodes, names } = this
    const previous = names.previous[index] as number
    const next = names.next[index] as number
    if (previous === 0) inodes.dataOffset[directory] = next
    else names.next[previous] = next
    if (next === 0) inodes.dataLength[directory] = previous
    else names.previous[next] = previous
  }

  #sort(directory: Inode): void {
    const { inodes, names } = this
    const list: NameIndex[] = []
    for (let name = this.firstName(directory); name !== 0; name = names.next[name] as number) {
      list.push(name)
    }
    const sorted = Uint32Array.from(list).sort((a, b) => names.compare(a, b))
    let previous = 0
    for (const name of sorted) {
      names.previous[name] = previous
      if (previous === 0) inodes.dataOffset[directory] = name
      else names.next[previous] = name
      previous = name
    }
    names.next[previous] = 0
    inodes.dataLength[directory] = previous
    inodes.content[directory] = ContentCode.directory
  }

  #drop(inode: Inode): void {
    this.inodes.content[inode] = ContentCode.removed
    this.inodes.nlink[inode] = 0
    this.liveInodes--
  }
}
