import { ByteArena } from '@composefs/bytes'
import { allocate } from './allocate.ts'
import { TreeError } from './errors.ts'
import { hashBytes, hashSeed } from './hash.ts'
import type { Inode } from './inode.ts'
import { moved } from './inode-table.ts'

/** A name in a directory: the edge from the directory to an inode. 0 is no name. */
export type NameIndex = number

const FIRST_CAPACITY = 64
const NAMES_MAX = 2 ** 31 - 1

/**
 * The names of a tree: 25 bytes each, their bytes in one arena. The names of one directory are a doubly linked list;
 * those of directories in which somebody looks for names are in an open-addressing hash table over (directory, name)
 * too, which takes about 6 bytes each.
 */
export class NameTable {
  /** Indices given out; 0 is taken by the empty name of the root. */
  count = 1
  #capacity = FIRST_CAPACITY

  /** The directory that the name is in. */
  parent = new Uint32Array(FIRST_CAPACITY)
  inode = new Uint32Array(FIRST_CAPACITY)
  offset = new Uint32Array(FIRST_CAPACITY)
  length = new Uint8Array(FIRST_CAPACITY)
  next = new Uint32Array(FIRST_CAPACITY)
  previous = new Uint32Array(FIRST_CAPACITY)
  #hash = new Int32Array(FIRST_CAPACITY)

  readonly arena = new ByteArena()

  #slots = new Uint32Array(256)
  #used = 0

  /** The name `bytes[start, end)` in `parent`, whose names are in the hash table, or 0. */
  find(parent: Inode, bytes: Uint8Array, start: number, end: number): NameIndex {
    const hash = hashName(parent, bytes, start, end)
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = slots[slot] as number
      if (index === 0 || this.#matches(index, hash, parent, bytes, start, end)) return index
    }
  }

  /**
   * Adds a name that leads to `inode`, and that the directory does not have. It is in no list and not in the hash table
   * yet.
   */
  add(parent: Inode, bytes: Uint8Array, start: number, end: number, inode: Inode): NameIndex {
    if (this.count === this.#capacity) this.#grow()
    const index = this.count++
    const length = end - start
    const offset = allocate(this.arena, length)
    const arena = this.arena.bytes
    for (let i = 0; i < length; i++) arena[offset + i] = bytes[start + i] as number
    this.parent[index] = parent
    this.inode[index] = inode
    this.offset[index] = offset
    this.length[index] = length
    return index
  }

  /** Puts a name into the hash table, which has no equal one. */
  hash(index: NameIndex): void {
    if ((this.#used + 1) * 3 > this.#slots.length * 2) this.#rehash()
    const offset = this.offset[index] as number
    const end = offset + (this.length[index] as number)
    const hash = hashName(this.parent[index] as number, this.arena.bytes, offset, end)
    this.#hash[index] = hash
    this.#place(this.#slots, index, hash)
    this.#used++
  }

  /** Takes a name out of the hash table. */
  unhash(index: NameIndex): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = (this.#hash[index] as number) & mask
    while (slots[hole] !== index) hole = (hole + 1) & mask
    // Move back what had to step over the hole, so that searches need no tombstones.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const moved = slots[slot] as number
      const home = (this.#hash[moved] as number) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = moved
      hole = slot
    }
    slots[hole] = 0
    this.#used--
  }

  /** The bytes of a name. They alias the table, which never changes them. */
  bytes(index: NameIndex): Uint8Array {
    return this.arena.view(this.offset[index] as number, this.length[index] as number)
  }

  /** Order of two names as unsigned bytes. */
  compare(a: NameIndex, b: NameIndex): number {
    const offset = this.offset[b] as number
    return this.compareWith(a, this.arena.bytes, offset, offset + (this.length[b] as number))
  }

  /** Order of a name and the name `bytes[start, end)` as unsigned bytes. */
  compareWith(index: NameIndex, bytes: Uint8Array, start: number, end: number): number {
    const arena = this.arena.bytes
    const offset = this.offset[index] as number
    const length = this.length[index] as number
    const shared = Math.min(length, end - start)
    for (let i = 0; i < shared; i++) {
      const difference = (arena[offset + i] as number) - (bytes[start + i] as number)
      if (difference !== 0) return difference
    }
    return length - (end - start)
  }

  #matches(
    index: NameIndex,
    hash: number,
    parent: Inode,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (this.#hash[index] !== hash || this.parent[index] !== parent) return false
    if (this.length[index] !== end - start) return false
    const arena = this.arena.bytes
    let at = this.offset[index] as number
    for (let i = start; i < end; i++) if (bytes[i] !== arena[at++]) return false
    return true
  }

  #rehash(): void {
    const old = this.#slots
    const slots = new Uint32Array(old.length * 2)
    for (const index of old) {
      if (index !== 0) this.#place(slots, index, this.#hash[index] as number)
    }
    this.#slots = slots
  }

  #place(slots: Uint32Array, index: NameIndex, hash: number): void {
    const mask = slots.length - 1
    let slot = hash & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = index
  }

  #grow(): void {
    const capacity = Math.min(NAMES_MAX, Math.ceil(this.#capacity * 1.5))
    if (capacity === this.#capacity) throw new TreeError('ERR_TREE_TOO_LARGE', 'too many names')
    this.parent = new Uint32Array(moved(this.parent, capacity))
    this.inode = new Uint32Array(moved(this.inode, capacity))
    this.offset = new Uint32Array(moved(this.offset, capacity))
    this.length = new Uint8Array(moved(this.length, capacity))
    this.next = new Uint32Array(moved(this.next, capacity))
    this.previous = new Uint32Array(moved(this.previous, capacity))
    this.#hash = new Int32Array(moved(this.#hash, capacity))
    this.#capacity = capacity
  }
}

function hashName(parent: Inode, bytes: Uint8Array, start: number, end: number): number {
  return hashBytes(hashSeed() ^ Math.imul(parent, 0x9e3779b1), bytes, start, end)
}
