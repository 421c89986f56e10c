import { createCipheriv, createHash } from 'node:crypto'

/** Bytes that no compressor makes smaller, from a seed: the same ones everywhere, at gigabytes a second. */
export class RandomBytes {
  readonly #cipher

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest()
    this.#cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  }

  /** The next bytes. */
  next(length: number): Buffer {
    return this.#cipher.update(Buffer.alloc(length))
  }
}
