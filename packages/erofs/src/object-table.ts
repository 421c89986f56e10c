import { ByteArena } from '@composefs/bytes'
import { hashSeed } from './hash-seed.ts'
import { xxh32 } from './xxh32.ts'

/** Number of an object in its table. 0 is no object. */
export type ObjectNumber = number

/**
 * The distinct objects that the files of a tree are in. Their digests stay in the arena of the tree: an image of a
 * million files would hold them twice otherwise.
 */
export class ObjectTable {
  /** Numbers given out. */
  count = 1
  /** How many inodes have the metacopy xattr of it; later, where that is in the shared table (see ImageXattrs). */
  readonly metacopyUses: Uint32Array
  /** The same of the redirect xattr. */
  readonly redirectUses: Uint32Array
  readonly #data: Uint8Array
  readonly #digestSize: number
  readonly #offset: Uint32Array
  /** 1 where the digest is in `#side`. */
  readonly #isAside: Uint8Array
  /** Spares most looks at the digests, which are all over the memory. */
  readonly #hash: Uint32Array
  readonly #slots: Uint32Array
  readonly #side = new ByteArena(64)

  /** @param options.data where digests are; `capacity` is how many there may be at most */
  constructor(options: {
    readonly data: Uint8Array
    readonly digestSize: number
    readonly capacity: number
  }) {
    const limit = options.capacity + 1
    this.metacopyUses = new Uint32Array(limit)
    this.redirectUses = new Uint32Array(limit)
    this.#data = options.data
    this.#digestSize = options.digestSize
    this.#offset = new Uint32Array(limit)
    this.#isAside = new Uint8Array(limit)
    this.#hash = new Uint32Array(limit)
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(limit * 1.5)))
  }

  /** The object whose digest is in `data` at `offset`. */
  intern(offset: number): ObjectNumber {
    return this.#intern(this.#data, offset, false)
  }

  /** The object with that digest, wherever it is. */
  internDigest(digest: Uint8Array): ObjectNumber {
    return this.#intern(digest, 0, true)
  }

  /** The digest. It aliases the table. */
  digest(object: ObjectNumber): Uint8Array {
    const at = this.#offset[object] as number
    return this.#bytesOf(object).subarray(at, at + this.#digestSize)
  }

  /** Copies the digest out. */
  copyDigest(object: ObjectNumber, out: Uint8Array, at: number): void {
    const bytes = this.#bytesOf(object)
    const from = this.#offset[object] as number
    for (let i = 0; i < this.#digestSize; i++) out[at + i] = bytes[from + i] as number
  }

  /** Writes the object path: `digestSize * 2 + 1` characters. */
  copyObjectPath(object: ObjectNumber, out: DataView, at: number): void {
    const bytes = this.#bytesOf(object)
    const from = this.#offset[object] as number
    out.setUint16(at, HEX_PAIRS[bytes[from] as number] as number, true)
    out.setUint8(at + 2, SLASH)
    let to = at + 3
    for (let i = 1; i < this.#digestSize; i++) {
      out.setUint16(to, HEX_PAIRS[bytes[from + i] as number] as number, true)
      to += 2
    }
  }

  /** Order of two objects by their digests; it is that of their paths too. */
  compare(a: ObjectNumber, b: ObjectNumber): number {
    const bytesA = this.#bytesOf(a)
    const bytesB = this.#bytesOf(b)
    const atA = this.#offset[a] as number
    const atB = this.#offset[b] as number
    for (let i = 0; i < this.#digestSize; i++) {
      const difference = (bytesA[atA + i] as number) - (bytesB[atB + i] as number)
      if (difference !== 0) return difference
    }
    return 0
  }

  #intern(bytes: Uint8Array, offset: number, isAside: boolean): ObjectNumber {
    const mask = this.#slots.length - 1
    const hash = xxh32(bytes, hashSeed(), offset, offset + this.#digestSize)
    let slot = hash & mask
    for (let object = this.#slots[slot] as number; object !== 0; ) {
      if (this.#hash[object] === hash && this.#equals(object, bytes, offset)) return object
      slot = (slot + 1) & mask
      object = this.#slots[slot] as number
    }
    const object = this.count++
    this.#slots[slot] = object
    this.#hash[object] = hash
    this.#offset[object] = isAside ? this.#side.append(bytes) : offset
    this.#isAside[object] = isAside ? 1 : 0
    return object
  }

  #bytesOf(object: ObjectNumber): Uint8Array {
    return this.#isAside[object] === 1 ? this.#side.bytes : this.#data
  }

  #equals(object: ObjectNumber, bytes: Uint8Array, offset: number): boolean {
    const own = this.#bytesOf(object)
    const at = this.#offset[object] as number
    for (let i = 0; i < this.#digestSize; i++) if (own[at + i] !== bytes[offset + i]) return false
    return true
  }
}

const SLASH = 0x2f
/** The two hex digits of each byte, the first one in the low half. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0')
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8)
})
