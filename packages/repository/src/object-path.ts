import { HEX_CODES } from '@composefs/bytes'
import { type Algorithm, objectPathSize } from '@composefs/fsverity'
import type { Layout } from './layout.ts'

const SLASH = 0x2f

/** Paths of objects' files as bytes, each in the place of the one before: no garbage for thousands of them. */
export class ObjectPath {
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #digestSize: number

  /** The directory of all objects. */
  readonly objects: Uint8Array

  constructor({ objects }: Layout, { digestSize }: Algorithm) {
    const prefix = Buffer.from(`${objects}/`)
    this.objects = prefix.subarray(0, -1)
    this.#start = prefix.length
    this.#digestSize = digestSize
    this.#bytes = new Uint8Array(prefix.length + objectPathSize(digestSize))
    this.#bytes.set(prefix)
  }

  /** The path of the directory of the object of that digest, valid until the next call. */
  directoryOf(digest: Uint8Array): Uint8Array {
    return this.of(digest).subarray(0, this.#start + 2)
  }

  /** The path of the object of that digest, valid until the next call. */
  of(digest: Uint8Array): Uint8Array {
    const bytes = this.#bytes
    let at = this.#start
    for (let i = 0; i < this.#digestSize; i++) {
      const byte = digest[i] as number
      bytes[at] = HEX_CODES[byte >> 4] as number
      bytes[at + 1] = HEX_CODES[byte & 15] as number
      at += 2
      if (i === 0) bytes[at++] = SLASH
    }
    return bytes
  }
}
