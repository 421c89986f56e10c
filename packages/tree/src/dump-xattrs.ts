import { TreeError } from './errors.ts'
import { unescapeRange } from './escape.ts'
import { hashBytes, hashSeed } from './hash.ts'
import type { Xattr } from './inode.ts'
import { XATTR_NAME_MAX, XATTR_VALUE_MAX } from './limits.ts'
import { XATTR_HEAD, XATTR_NAMES_MAX, type XattrSet, type XattrSets } from './xattr-sets.ts'

const SPACE = 0x20
const EQUALS = 0x3d
const NEWLINE = 0x0a

/** Texts that are remembered, at most: a power of two. */
const TEXTS = 64
/** Longest text that is remembered, in bytes. */
const TEXT_MAX = 512

/** Reads the xattr fields of dump lines. */
export class DumpXattrs {
  /** Where the fields end that `recall` has read. */
  end = 0
  readonly #sets: XattrSets
  /** Fields as text, by their hash, and the set of each: there are few different ones in any dump. */
  readonly #texts = new Uint8Array(TEXTS * TEXT_MAX)
  readonly #lengths = new Uint16Array(TEXTS)
  readonly #known: XattrSet[] = new Array(TEXTS).fill(0)
  /** The slot that was right last: neighbours mostly have the same. */
  #last = 0
  /** The set in encoded form. */
  #encoded: Uint8Array = new Uint8Array(256)

  constructor(sets: XattrSets) {
    this.#sets = sets
  }

  /** The set of the fields from `start` up to a newline, if they were met lately; else -1. */
  recall(bytes: Uint8Array, start: number): XattrSet | -1 {
    if (this.#matches(this.#last, bytes, start)) return this.#known[this.#last] as number
    let end = start
    while (bytes[end] !== NEWLINE) end++
    if (end - start > TEXT_MAX) return -1
    const slot = hashBytes(hashSeed(), bytes, start, end) & (TEXTS - 1)
    if (!this.#matches(slot, bytes, start)) return -1
    this.#last = slot
    return this.#known[slot] as number
  }

  /**
   * The set of the fields `bytes[start, end)`, which are not empty.
   *
   * @throws TreeError ERR_TREE_DUMP_SYNTAX, ERR_TREE_BAD_XATTR
   */
  parse(bytes: Uint8Array, start: number, end: number): XattrSet {
    // A field of one letter and an equals sign is the one that grows most: three bytes with its space become four.
    const room = (end - start) * 2 + XATTR_HEAD
    if (this.#encoded.length < room) this.#encoded = new Uint8Array(room)
    let length = 0
    let nameBytes = 0
    let previous = -1
    let isSorted = true
    for (let at = start; at <= end; ) {
      let equals = -1
      let stop = at
      for (; stop < end && bytes[stop] !== SPACE; stop++) {
        if (equals < 0 && bytes[stop] === EQUALS) equals = stop
      }
      const next = this.#encode(bytes, at, equals, stop, length)
      nameBytes += this.#encoded[length] as number
      if (previous >= 0 && this.#compareNames(previous, length) >= 0) isSorted = false
      previous = length
      length = next
      at = stop + 1
    }
    if (nameBytes > XATTR_NAMES_MAX) {
      throw new TreeError('ERR_TREE_BAD_XATTR', `xattr names of ${nameBytes} bytes together`, {
        expected: `at most ${XATTR_NAMES_MAX}`,
        actual: nameBytes,
      })
    }
    const set = isSorted
      ? this.#sets.intern(this.#encoded, length)
      : this.#sets.internList(this.#decode(length))
    this.#remember(bytes, start, end, set)
    return set
  }

  /** Encodes the field `bytes[start, end)` at `at` and returns where it ends there. */
  #encode(bytes: Uint8Array, start: number, equals: number, end: number, at: number): number {
    if (equals < 0) {
      const problem = start === end ? 'an empty field: a space too many' : 'an xattr without "="'
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', problem)
    }
    const encoded = this.#encoded
    const nameAt = at + XATTR_HEAD
    const nameLength = unescapeRange(bytes, start, equals, encoded, nameAt)
    const valueAt = nameAt + Math.max(0, nameLength)
    const valueLength = unescapeRange(bytes, equals + 1, end, encoded, valueAt)
    if (nameLength < 0 || valueLength < 0) {
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', 'an escape that is unknown or cut off')
    }
    if (nameLength === 0 || nameLength > XATTR_NAME_MAX) {
      throw new TreeError('ERR_TREE_BAD_XATTR', `an xattr name of ${nameLength} bytes`, {
        expected: `1 to ${XATTR_NAME_MAX}`,
        actual: nameLength,
      })
    }
    for (let i = nameAt; i < valueAt; i++) {
      if (encoded[i] === 0) throw new TreeError('ERR_TREE_BAD_XATTR', 'an xattr name with a NUL')
    }
    if (valueLength > XATTR_VALUE_MAX) {
      throw new TreeError('ERR_TREE_BAD_XATTR', `an xattr value of ${valueLength} bytes`, {
        expected: `at most ${XATTR_VALUE_MAX}`,
        actual: valueLength,
      })
    }
    encoded[at] = nameLength
    encoded[at + 1] = valueLength & 0xff
    encoded[at + 2] = valueLength >> 8
    return valueAt + valueLength
  }

  #compareNames(a: number, b: number): number {
    const encoded = this.#encoded
    const lengthA = encoded[a] as number
    const lengthB = encoded[b] as number
    const shared = Math.min(lengthA, lengthB)
    for (let i = XATTR_HEAD; i < XATTR_HEAD + shared; i++) {
      const difference = (encoded[a + i] as number) - (encoded[b + i] as number)
      if (difference !== 0) return difference
    }
    return lengthA - lengthB
  }

  #decode(length: number): Xattr[] {
    const xattrs: Xattr[] = []
    const encoded = this.#encoded
    for (let at = 0; at < length; ) {
      const nameAt = at + XATTR_HEAD
      const valueAt = nameAt + (encoded[at] as number)
      const end = valueAt + ((encoded[at + 1] as number) | ((encoded[at + 2] as number) << 8))
      xattrs.push({
        name: encoded.subarray(nameAt, valueAt),
        value: encoded.subarray(valueAt, end),
      })
      at = end
    }
    return xattrs
  }

  /** True when the text of that slot stands at `start`, with a newline behind it; `end` is where that is then. */
  #matches(slot: number, bytes: Uint8Array, start: number): boolean {
    const length = this.#lengths[slot] as number
    const texts = this.#texts
    const from = slot * TEXT_MAX
    for (let i = 0; i < length; i++) if (bytes[start + i] !== texts[from + i]) return false
    this.end = start + length
    return length > 0 && bytes[this.end] === NEWLINE
  }

  #remember(bytes: Uint8Array, start: number, end: number, set: XattrSet): void {
    if (end - start > TEXT_MAX) return
    const slot = hashBytes(hashSeed(), bytes, start, end) & (TEXTS - 1)
    this.#texts.set(bytes.subarray(start, end), slot * TEXT_MAX)
    this.#lengths[slot] = end - start
    this.#known[slot] = set
    this.#last = slot
  }
}
