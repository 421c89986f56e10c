import { ByteArena } from '@composefs/bytes'
import { allocate } from './allocate.ts'
import { TreeError } from './errors.ts'
import { HASH_SEED, hashBytes } from './hash.ts'
import type { Inode } from './inode.ts'
import { grown } from './inode-table.ts'

/** A name in a directory: the edge from the directory to an inode. 0 is no name. */
export type NameIndex = number

const FIRST_CAPACITY = 64
const NAMES_MAX = 2 ** 31 - 1

/**
 * The names of a tree: 25 bytes each, their bytes in one arena, and an open-addressing hash table over
 * (directory, name) of about 6 bytes each. The names of one directory are a doubly linked list.
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

  /** The name `bytes[start, end)` in `parent`, or 0. */
  find(parent: Inode, bytes: Uint8Array, start: number, end: number): NameIndex {
    const hash = hashBytes(HASH_SEED ^ Math.imul(parent, 0x9e3779b1), bytes, start, end)
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = slots[slot] as number
      if (index === 0 || this.#matches(index, hash, parent, bytes, start, end)) return index
    }
  }

  /** Adds a name that leads to `inode`; 0 when the directory has it already. It is in no list yet. */
  add(parent: Inode, bytes: Uint8Array, start: number, end: number, inode: Inode): NameIndex {
    if ((this.#used + 1) * 3 > this.#slots.length * 2) this.#rehash()
    const hash = hashBytes(HASH_SEED ^ Math.imul(parent, 0x9e3779b1), bytes, start, end)
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    for (let index = slots[slot] as number; index !== 0; index = slots[slot] as number) {
      if (this.#matches(index, hash, parent, bytes, start, end)) return 0
      slot = (slot + 1) & mask
    }
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
    this.#hash[index] = hash
    slots[slot] = index
    this.#used++
    return index
  }

  /** Takes a name out of the hash table. The caller has taken it out of its list. */
  remove(index: NameIndex): void {
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
    const bytes = this.arena.bytes
    const atA = this.offset[a] as number
    const atB = this.offset[b] as number
    const lengthA = this.length[a] as number
    const lengthB = this.length[b] as number
    const shared = Math.min(lengthA, lengthB)
    for (let i = 0; i < shared; i++) {
      const difference = (bytes[atA + i] as number) - (bytes[atB + i] as number)
      if (difference !== 0) return difference
    }
    return lengthA - lengthB
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
    const mask = slots.length - 1
    for (const index of old) {
      if (index === 0) continue
      let slot = (this.#hash[index] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = index
    }
    this.#slots = slots
  }

  #grow(): void {
    const capacity = Math.min(NAMES_MAX, Math.ceil(this.#capacity * 1.5))
    if (capacity === this.#capacity) throw new TreeError('ERR_TREE_TOO_LARGE', 'too many names')
    this.parent = grown(this.parent, new Uint32Array(capacity))
    this.inode = grown(this.inode, new Uint32Array(capacity))
    this.offset = grown(this.offset, new Uint32Array(capacity))
    this.length = grown(this.length, new Uint8Array(capacity))
    this.next = grown(this.next, new Uint32Array(capacity))
    this.previous = grown(this.previous, new Uint32Array(capacity))
    this.#hash = grown(this.#hash, new Int32Array(capacity))
    this.#capacity = capacity
  }
}
