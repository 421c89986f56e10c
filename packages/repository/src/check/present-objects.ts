import { hexDigit } from '@composefs/bytes'
import { Digest, DigestSet } from '@composefs/fsverity'
import type { DiskObjectStore } from '../objects.ts'

/**
 * Which objects are there. What has been seen once is taken to stay: the lock keeps garbage collection away. What has
 * not been seen is looked for again, because writers go on.
 */
export class PresentObjects {
  readonly #objects: DiskObjectStore
  readonly #seen: DigestSet
  readonly #scratch: Uint8Array

  constructor(objects: DiskObjectStore) {
    this.#objects = objects
    this.#seen = new DigestSet(objects.algorithm)
    this.#scratch = new Uint8Array(objects.algorithm.digestSize)
  }

  /** Notes an object whose file has been seen, by its names; what is no name of an object is left out. */
  addName(directory: string, name: string): void {
    const digest = this.#scratch
    if (name.length !== 2 * digest.length - 2) return
    let bad = readByte(directory, 0, digest, 0)
    for (let i = 1; i < digest.length; i++) bad |= readByte(name, 2 * i - 2, digest, i)
    if (bad >= 0) this.#seen.add(digest)
  }

  has(id: Digest): boolean {
    if (this.#seen.has(id.bytes)) return true
    if (!this.#objects.has(id)) return false
    this.#seen.add(id.bytes)
    return true
  }

  /** Like `has`, for an id that is no more than its bytes. */
  hasBytes(id: Uint8Array): boolean {
    return this.#seen.has(id) || this.has(new Digest(this.#objects.algorithm, id))
  }
}

/** Reads two hex digits from `at` on into a byte; negative when they are none. */
function readByte(text: string, at: number, bytes: Uint8Array, index: number): number {
  const high = lowerDigit(text.charCodeAt(at))
  const low = lowerDigit(text.charCodeAt(at + 1))
  bytes[index] = (high << 4) | low
  return high | low
}

/** Value of a hex digit; -1 for an upper-case one too: objects are looked for by their lower-case names. */
function lowerDigit(code: number): number {
  return code >= 0x41 && code <= 0x46 ? -1 : hexDigit(code)
}
