import { ByteArena, compareBytes } from '@composefs/bytes'
import { allocate } from './allocate.ts'
import { TreeError } from './errors.ts'
import { hashBytes, hashSeed } from './hash.ts'
import type { Xattr } from './inode.ts'
import { grown } from './inode-table.ts'
import { XATTR_NAME_MAX, XATTR_VALUE_MAX } from './limits.ts'

/** Number of a set of xattrs in its tree; 0 is the empty set. */
export type XattrSet = number

/** Longest sum of the names of one inode in bytes: what listxattr can return. */
export const XATTR_NAMES_MAX = 65535

/** Bytes before the name of an encoded xattr: length of the name (1), length of the value (2). */
export const XATTR_HEAD = 3

const FIRST_CAPACITY = 16

/**
 * The sets of xattrs of a tree, each kept once: most files of a system have the very same ones.
 *
 * A set is encoded as its xattrs in bytes order of their names, each as length of the name (u8), length of the
 * value (u16, little-endian), name, value.
 */
export class XattrSets {
  /** Sets given out; 0 is the empty set. */
  count = 1
  #capacity = FIRST_CAPACITY
  #offset = new Uint32Array(FIRST_CAPACITY)
  #length = new Uint32Array(FIRST_CAPACITY)
  #hash = new Int32Array(FIRST_CAPACITY)
  readonly #arena = new ByteArena()
  #slots = new Uint32Array(64)

  /** The set of these xattrs, in any order. */
  internList(xattrs: readonly Xattr[]): XattrSet {
    if (xattrs.length === 0) return 0
    const encoded = encodeXattrs(xattrs)
    return this.intern(encoded, encoded.length)
  }

  /** The set whose encoded form is the first `length` bytes of `encoded`. The caller has checked the form. */
  intern(encoded: Uint8Array, length: number): XattrSet {
    if (length === 0) return 0
    if (this.count * 2 > this.#slots.length) this.#rehash()
    const hash = hashBytes(hashSeed(), encoded, 0, length)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let set = this.#slots[slot] as number; set !== 0; set = this.#slots[slot] as number) {
      if (this.#hash[set] === hash && this.#equals(set, encoded, length)) return set
      slot = (slot + 1) & mask
    }
    if (this.count === this.#capacity) this.#grow()
    const set = this.count++
    const offset = allocate(this.#arena, length)
    this.#arena.bytes.set(encoded.subarray(0, length), offset)
    this.#offset[set] = offset
    this.#length[set] = length
    this.#hash[set] = hash
    this.#slots[slot] = set
    return set
  }

  /** The xattrs of a set in bytes order of their names. Names and values alias the table. */
  list(set: XattrSet): Xattr[] {
    const xattrs: Xattr[] = []
    const bytes = this.#arena.bytes
    let at = this.#offset[set] as number
    const end = at + (this.#length[set] as number)
    while (at < end) {
      const nameLength = bytes[at] as number
      const valueLength = (bytes[at + 1] as number) | ((bytes[at + 2] as number) << 8)
      const nameAt = at + XATTR_HEAD
      const valueAt = nameAt + nameLength
      at = valueAt + valueLength
      xattrs.push({ name: bytes.subarray(nameAt, valueAt), value: bytes.subarray(valueAt, at) })
    }
    return xattrs
  }

  #equals(set: XattrSet, encoded: Uint8Array, length: number): boolean {
    if (this.#length[set] !== length) return false
    const offset = this.#offset[set] as number
    const bytes = this.#arena.bytes
    for (let i = 0; i < length; i++) if (bytes[offset + i] !== encoded[i]) return false
    return true
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let set = 1; set < this.count; set++) {
      let slot = (this.#hash[set] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = set
    }
    this.#slots = slots
  }

  #grow(): void {
    this.#capacity *= 2
    this.#offset = grown(this.#offset, new Uint32Array(this.#capacity))
    this.#length = grown(this.#length, new Uint32Array(this.#capacity))
    this.#hash = grown(this.#hash, new Int32Array(this.#capacity))
  }
}

/**
 * Sorts, checks and encodes the xattrs of one inode.
 *
 * @throws TreeError ERR_TREE_BAD_XATTR
 */
function encodeXattrs(xattrs: readonly Xattr[]): Uint8Array {
  const sorted = xattrs.toSorted((a, b) => compareBytes(a.name, b.name))
  let size = 0
  let names = 0
  let previous: Uint8Array | undefined
  for (const { name, value } of sorted) {
    assertXattr(name, value)
    if (previous !== undefined && compareBytes(previous, name) === 0) {
      throw new TreeError('ERR_TREE_BAD_XATTR', 'an xattr name is there twice')
    }
    previous = name
    names += name.length
    size += XATTR_HEAD + name.length + value.length
  }
  assertXattrNames(names)
  const encoded = new Uint8Array(size)
  let at = 0
  for (const { name, value } of sorted) {
    encoded[at] = name.length
    encoded[at + 1] = value.length & 0xff
    encoded[at + 2] = value.length >> 8
    encoded.set(name, at + XATTR_HEAD)
    encoded.set(value, at + XATTR_HEAD + name.length)
    at += XATTR_HEAD + name.length + value.length
  }
  return encoded
}

function assertXattr(name: Uint8Array, value: Uint8Array): void {
  if (name.length === 0 || name.length > XATTR_NAME_MAX) {
    throw new TreeError('ERR_TREE_BAD_XATTR', `an xattr name of ${name.length} bytes`, {
      expected: `1 to ${XATTR_NAME_MAX}`,
      actual: name.length,
    })
  }
  if (name.includes(0)) throw new TreeError('ERR_TREE_BAD_XATTR', 'an xattr name with a NUL')
  if (value.length > XATTR_VALUE_MAX) {
    throw new TreeError('ERR_TREE_BAD_XATTR', `an xattr value of ${value.length} bytes`, {
      expected: `at most ${XATTR_VALUE_MAX}`,
      actual: value.length,
    })
  }
}

function assertXattrNames(bytes: number): void {
  if (bytes <= XATTR_NAMES_MAX) return
  throw new TreeError('ERR_TREE_BAD_XATTR', `xattr names of ${bytes} bytes together`, {
    expected: `at most ${XATTR_NAMES_MAX}`,
    actual: bytes,
  })
}
