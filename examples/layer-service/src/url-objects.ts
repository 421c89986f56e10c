import { type Algorithm, type Digest, fsverityDigest } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { ObjectHandle, ObjectStore, ObjectWriter, PutResult } from '@composefs/repository'

/**
 * The store of this service: contents in a map, by the path under which they are served. All it has to do is name
 * contents by their digests; the library does the rest through `ObjectStore`.
 */
export class UrlObjects implements ObjectStore {
  readonly algorithm: Algorithm
  readonly #contents = new Map<string, Uint8Array>()

  constructor(algorithm: Algorithm) {
    this.algorithm = algorithm
  }

  get count(): number {
    return this.#contents.size
  }

  /** What is served at `/objects/PATH`. */
  at(objectPath: string): Uint8Array | undefined {
    return this.#contents.get(objectPath)
  }

  has(id: Digest): boolean {
    return this.#contents.has(id.objectPath)
  }

  put(content: Uint8Array): PutResult {
    const digest = fsverityDigest(content, { algorithm: this.algorithm, hashing: nodeHashing })
    const isNew = !this.has(digest)
    // The content is somebody else's memory, which is used again.
    if (isNew) this.#contents.set(digest.objectPath, new Uint8Array(content))
    return { digest, isNew, size: content.length }
  }

  create(): ObjectWriter {
    const chunks: Uint8Array[] = []
    return {
      write: chunk => void chunks.push(new Uint8Array(chunk)),
      finish: () => this.put(Buffer.concat(chunks)),
      abort: () => void chunks.splice(0),
    }
  }

  read(id: Digest): Uint8Array {
    const content = this.at(id.objectPath)
    if (content === undefined) throw new Error(`no object ${id}`)
    return content
  }

  open(id: Digest): ObjectHandle {
    const content = this.read(id)
    return {
      size: content.length,
      read: (offset, length) => content.slice(offset, offset + length),
      close() {},
      [Symbol.dispose]() {},
    }
  }

  *chunks(id: Digest): Generator<Uint8Array> {
    yield this.read(id)
  }
}
