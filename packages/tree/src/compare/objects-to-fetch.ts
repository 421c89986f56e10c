import { ContentCode } from '../content-code.ts'
import { hashBytes, hashSeed } from '../hash.ts'
import type { FileTree } from '../tree.ts'
import type { TreeView } from '../view.ts'

/** How many objects, each counted once, and what their files add up to. */
export interface ObjectCounts {
  readonly objects: number
  readonly bytes: number
}

/** What somebody who has the objects of one tree needs for another. */
export interface ObjectsToFetch extends ObjectCounts {
  /** All objects of the tree that is wanted. */
  readonly needed: ObjectCounts
}

/**
 * The objects that the files of `b` are in and no file of `a` is, whoever else has them. Objects with a name of their
 * own (a payload) count by that name.
 */
export function objectsToFetch(a: FileTree, b: FileTree): ObjectsToFetch {
  const known = new ObjectSet(a.view())
  known.addAll(() => {})
  const needed = { objects: 0, bytes: 0 }
  const missing = { objects: 0, bytes: 0 }
  const wanted = new ObjectSet(b.view())
  wanted.addAll((offset, length, size) => {
    needed.objects++
    needed.bytes += size
    if (known.has(wanted.data, offset, length)) return
    missing.objects++
    missing.bytes += size
  })
  return { ...missing, needed }
}

const FIRST_SLOTS = 256

/** The names of the objects of a tree, as places in its data: 8 bytes for each inode with an object. */
class ObjectSet {
  readonly #view: TreeView
  readonly #seed = hashSeed()
  /** Inodes plus one, by the hash of the name of their object; 0 is free. */
  #slots = new Uint32Array(FIRST_SLOTS)
  #count = 0

  constructor(view: TreeView) {
    this.#view = view
  }

  get data(): Uint8Array {
    return this.#view.data
  }

  /** Adds the objects of all inodes, and calls `onNew` for each that was not there. */
  addAll(onNew: (offset: number, length: number, size: number) => void): void {
    const { inodeLimit, size } = this.#view
    for (let inode = 0; inode < inodeLimit; inode++) {
      const length = this.#nameLength(inode)
      if (length === 0) continue
      const offset = this.#nameOffset(inode)
      if (this.#add(inode, offset, length)) onNew(offset, length, size[inode] as number)
    }
  }

  has(data: Uint8Array, offset: number, length: number): boolean {
    return this.#slots[this.#find(data, offset, length)] !== 0
  }

  #add(inode: number, offset: number, length: number): boolean {
    if (this.#count * 2 >= this.#slots.length) this.#grow()
    const slot = this.#find(this.#view.data, offset, length)
    if (this.#slots[slot] !== 0) return false
    this.#slots[slot] = inode + 1
    this.#count++
    return true
  }

  /** The slot where that name is, or the free one where it belongs. */
  #find(data: Uint8Array, offset: number, length: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hashBytes(this.#seed, data, offset, offset + length) & mask
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#isNamed((slots[slot] as number) - 1, data, offset, length)) return slot
    }
    return slot
  }

  #isNamed(inode: number, data: Uint8Array, offset: number, length: number): boolean {
    if (this.#nameLength(inode) !== length) return false
    const own = this.#view.data
    const at = this.#nameOffset(inode)
    for (let i = 0; i < length; i++) if (own[at + i] !== data[offset + i]) return false
    return true
  }

  /** Bytes of the name of the object that an inode's content is in; 0 when there is none. */
  #nameLength(inode: number): number {
    const { algorithm, content, dataLength } = this.#view
    switch (content[inode]) {
      case ContentCode.external:
      case ContentCode.noVerityObject:
        return algorithm.digestSize
      case ContentCode.externalPayload:
        return (dataLength[inode] as number) - algorithm.digestSize
      case ContentCode.noVerityPayload:
        return dataLength[inode] as number
      default:
        return 0
    }
  }

  #nameOffset(inode: number): number {
    const { algorithm, content, dataOffset } = this.#view
    const skipped = content[inode] === ContentCode.externalPayload ? algorithm.digestSize : 0
    return (dataOffset[inode] as number) + skipped
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (const entry of old) {
      if (entry === 0) continue
      const inode = entry - 1
      const slot = this.#find(this.#view.data, this.#nameOffset(inode), this.#nameLength(inode))
      this.#slots[slot] = entry
    }
  }
}
