import { concatBytes } from '@composefs/bytes'
import { type Algorithm, type Digest, fsverityDigest, type Hashing } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { PIECE_SIZE } from './file-bytes.ts'
import { assertSize, objectNotFound } from './object-handle.ts'
import type { ObjectHandle, ObjectStore, ObjectWriter, PutResult } from './object-store.ts'

/** An object store in memory, for tests and for trees whose content nobody keeps. */
export function createMemoryObjectStore(
  algorithm: Algorithm,
  hashing: Hashing = nodeHashing,
): ObjectStore {
  return new MemoryObjectStore(algorithm, hashing)
}

class MemoryObjectStore implements ObjectStore {
  readonly algorithm: Algorithm
  readonly #hashing: Hashing
  readonly #contents = new Map<string, Uint8Array>()

  constructor(algorithm: Algorithm, hashing: Hashing) {
    this.algorithm = algorithm
    this.#hashing = hashing
  }

  has(id: Digest): boolean {
    return this.#contents.has(id.hex)
  }

  put(content: Uint8Array): PutResult {
    const digest = fsverityDigest(content, { algorithm: this.algorithm, hashing: this.#hashing })
    const isNew = !this.has(digest)
    // Not slice: of a Buffer that is a view, and what it shows may change.
    if (isNew) this.#contents.set(digest.hex, new Uint8Array(content))
    return { digest, isNew, size: content.length }
  }

  create(): ObjectWriter {
    let chunks: Uint8Array[] = []
    return {
      write: chunk => void chunks.push(new Uint8Array(chunk)),
      finish: () => this.put(concatBytes(chunks)),
      abort() {
        chunks = []
      },
    }
  }

  open(id: Digest): ObjectHandle {
    const content = this.#content(id)
    return {
      size: content.length,
      read: (offset, length) => slice(content, offset, length),
      close() {},
      [Symbol.dispose]() {},
    }
  }

  read(id: Digest, options: { readonly maxSize?: number } = {}): Uint8Array {
    const content = this.#content(id)
    assertSize(id, content.length, options.maxSize)
    return content.slice()
  }

  *chunks(id: Digest): Generator<Uint8Array> {
    const content = this.#content(id)
    for (let at = 0; at < content.length; at += PIECE_SIZE) {
      yield content.slice(at, at + PIECE_SIZE)
    }
  }

  #content(id: Digest): Uint8Array {
    const content = this.#contents.get(id.hex)
    if (content === undefined) throw objectNotFound(id)
    return content
  }
}

function slice(content: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset < 0 || length < 0 || offset + length > content.length) {
    throw new RangeError(`bytes ${offset} to ${offset + length} of an object of ${content.length}`)
  }
  return content.slice(offset, offset + length)
}
