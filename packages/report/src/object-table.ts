import { toHex } from '@composefs/bytes'
import { type Algorithm, DigestSet } from '@composefs/fsverity'

/** The contents of files that a report has come across, each with an index. */
export class ObjectTable {
  readonly algorithm: Algorithm
  readonly #digests: DigestSet
  #bytes = new Float64Array(1024)

  constructor(algorithm: Algorithm) {
    this.algorithm = algorithm
    this.#digests = new DigestSet(algorithm)
  }

  /** Objects in the table. */
  get size(): number {
    return this.#digests.size
  }

  /** The index of an object, which a file of so many bytes has for its content. */
  intern(digest: Uint8Array, bytes: number): number {
    const index = this.#digests.intern(digest)
    if (index >= this.#bytes.length) {
      const grown = new Float64Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[index] = bytes
    return index
  }

  /** Bytes of an object. */
  bytes(index: number): number {
    return this.#bytes[index] as number
  }

  /** The digest of an object in hex. */
  hex(index: number): string {
    return toHex(this.#digests.at(index))
  }
}
