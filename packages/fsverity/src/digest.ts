import { equalBytes, parseHex, toHex } from '@composefs/bytes'
import { type Algorithm, algorithmByDigestSize, algorithmByName } from './algorithm.ts'

/**
 * An fs-verity digest: the name of an object.
 *
 * @example
 * Digest.fromHex('3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95')?.objectPath
 */
export class Digest {
  readonly algorithm: Algorithm
  /** The digest itself, `algorithm.digestSize` bytes. Not to be changed. */
  readonly bytes: Uint8Array
  #hex: string | undefined

  /** @throws RangeError when `bytes` has not the algorithm's digest size */
  constructor(algorithm: Algorithm, bytes: Uint8Array) {
    if (bytes.length !== algorithm.digestSize) {
      throw new RangeError(`a ${algorithm.name} digest of ${bytes.length} bytes`)
    }
    this.algorithm = algorithm
    this.bytes = bytes
  }

  /** The digest in hex of either case, the algorithm told by its length unless given; undefined when it is no digest. */
  static fromHex(hex: string, algorithm?: Algorithm): Digest | undefined {
    const bytes = parseHex(hex)
    if (bytes === undefined) return undefined
    const found = algorithm ?? algorithmByDigestSize(bytes.length)
    return found?.digestSize === bytes.length ? new Digest(found, bytes) : undefined
  }

  /** `sha256:HEX` or `sha512:HEX`; undefined when the length does not fit the name. */
  static parse(text: string): Digest | undefined {
    const colon = text.indexOf(':')
    const algorithm = algorithmByName(text.slice(0, Math.max(colon, 0)))
    return algorithm === undefined ? undefined : Digest.fromHex(text.slice(colon + 1), algorithm)
  }

  /** The digest of an object path `ab/cdef…`; undefined for any other text. */
  static fromObjectPath(path: string, algorithm?: Algorithm): Digest | undefined {
    if (path.charAt(2) !== '/') return undefined
    return Digest.fromHex(path.slice(0, 2) + path.slice(3), algorithm)
  }

  /** Lower-case hex. */
  get hex(): string {
    this.#hex ??= toHex(this.bytes)
    return this.#hex
  }

  /** Place of the object below `objects/`: first byte, slash, the other bytes, in hex. */
  get objectPath(): string {
    return `${this.hex.slice(0, 2)}/${this.hex.slice(2)}`
  }

  /** True for a digest of the same algorithm and bytes. */
  equals(other: Digest): boolean {
    return this.algorithm === other.algorithm && equalBytes(this.bytes, other.bytes)
  }

  /** `sha256:HEX`: the printed object id. */
  toString(): string {
    return `${this.algorithm.name}:${this.hex}`
  }

  /** The printed object id, so that results can be logged as they are; `parse` takes it back. */
  toJSON(): string {
    return this.toString()
  }
}
