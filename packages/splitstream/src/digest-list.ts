import { type Algorithm, Digest } from '@composefs/fsverity'

/**
 * Digests packed one behind the other, as in a reference section. Each `Digest` is made when it is asked for, so a
 * list costs the memory of its bytes whatever its length.
 */
export class DigestList implements Iterable<Digest> {
  readonly algorithm: Algorithm
  readonly length: number
  readonly #bytes: Uint8Array

  /**
   * Keeps `bytes`, which must not change afterwards.
   *
   * @throws RangeError when they are not a whole number of digests
   */
  constructor(algorithm: Algorithm, bytes: Uint8Array) {
    if (bytes.length % algorithm.digestSize !== 0) {
      throw new RangeError(`${bytes.length} bytes of ${algorithm.name} digests`)
    }
    this.algorithm = algorithm
    this.length = bytes.length / algorithm.digestSize
    this.#bytes = bytes
  }

  /** The digest at `index` counted from 0, or undefined beyond the last. */
  at(index: number): Digest | undefined {
    if (!(index >= 0 && index < this.length)) return undefined
    const size = this.algorithm.digestSize
    return new Digest(this.algorithm, this.#bytes.subarray(index * size, (index + 1) * size))
  }

  /** The digests, in the order of the file. */
  *[Symbol.iterator](): Generator<Digest> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as Digest
  }
}
