import { ByteArena } from '@composefs/bytes'
import { allocate } from './allocate.ts'
import { hashBytes, hashSeed } from './hash.ts'
import type { Inode } from './inode.ts'
import { grown } from './inode-table.ts'

const FIRST_CAPACITY = 64

/**
 * The directories of a dump by their whole path, so that finding one costs the same at any depth. It takes as much
 * memory as the paths of the directories have in the dump, and goes when the dump is read.
 */
export class PathIndex {
  #count = 0
  #inode = new Uint32Array(FIRST_CAPACITY)
  #offset = new Uint32Array(FIRST_CAPACITY)
  #length = new Uint32Array(FIRST_CAPACITY)
  #hash = new Int32Array(FIRST_CAPACITY)
  readonly #arena = new ByteArena()
  /** Indexes + 1; 0 is a free slot. */
  #slots = new Uint32Array(FIRST_CAPACITY * 2)

  /** Adds a directory under the path `bytes[start, end)`, which is not there yet. */
  add(bytes: Uint8Array, start: number, end: number, directory: Inode): void {
    if (this.#count === this.#inode.length) this.#grow()
    const index = this.#count++
    const length = end - start
    const offset = allocate(this.#arena, length)
    const arena = this.#arena.bytes
    for (let i = 0; i < length; i++) arena[offset + i] = bytes[start + i] as number
    this.#inode[index] = directory
    this.#offset[index] = offset
    this.#length[index] = length
    this.#hash[index] = hashBytes(hashSeed(), bytes, start, end)
    this.#place(index)
  }

  /** The directory at the path `bytes[start, end)`; undefined when there is none. */
  find(bytes: Uint8Array, start: number, end: number): Inode | undefined {
    const hash = hashBytes(hashSeed(), bytes, start, end)
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] as number) - 1
      if (index < 0) return undefined
      if (this.#hash[index] === hash && this.#equals(index, bytes, start, end)) {
        return this.#inode[index]
      }
    }
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#length[index] !== end - start) return false
    const arena = this.#arena.bytes
    let at = this.#offset[index] as number
    for (let i = start; i < end; i++) if (bytes[i] !== arena[at++]) return false
    return true
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1
    let slot = (this.#hash[index] as number) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = index + 1
  }

  #grow(): void {
    const capacity = this.#count * 2
    this.#inode = grown(this.#inode, new Uint32Array(capacity))
    this.#offset = grown(this.#offset, new Uint32Array(capacity))
    this.#length = grown(this.#length, new Uint32Array(capacity))
    this.#hash = grown(this.#hash, new Int32Array(capacity))
    this.#slots = new Uint32Array(capacity * 2)
    for (let index = 0; index < this.#count; index++) this.#place(index)
  }
}
