import {
  type Algorithm,
  createFsverity,
  type Digest,
  fsverityDigest,
  type Hashing,
} from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { objectNotFound } from './object-handle.ts'
import type { ObjectHandle, ObjectStore, ObjectWriter, PutResult } from './object-store.ts'

/** An object store that keeps nothing but numbers. */
export interface CountingObjectStore extends ObjectStore {
  /** Objects that were put, the same content counted each time. */
  readonly count: number
  /** Their bytes. */
  readonly bytes: number
}

/**
 * A store that computes the ids of objects and keeps none of them, in constant memory: what a dry run and the
 * digest of a directory need. Nothing can be read from it, and everything put counts as new.
 */
export function createCountingObjectStore(
  algorithm: Algorithm,
  hashing: Hashing = nodeHashing,
): CountingObjectStore {
  return new CountedObjects(algorithm, hashing)
}

class CountedObjects implements CountingObjectStore {
  readonly algorithm: Algorithm
  readonly #hashing: Hashing
  count = 0
  bytes = 0

  constructor(algorithm: Algorithm, hashing: Hashing) {
    this.algorithm = algorithm
    this.#hashing = hashing
  }

  has(): boolean {
    return false
  }

  put(content: Uint8Array): PutResult {
    const options = { algorithm: this.algorithm, hashing: this.#hashing }
    return this.#count(fsverityDigest(content, options), content.length)
  }

  create(): ObjectWriter {
    const digest = createFsverity({ algorithm: this.algorithm, hashing: this.#hashing })
    return {
      write: chunk => void digest.update(chunk),
      finish: () => this.#count(digest.digest(), digest.size),
      abort() {},
    }
  }

  open(id: Digest): ObjectHandle {
    throw objectNotFound(id)
  }

  read(id: Digest): Uint8Array {
    throw objectNotFound(id)
  }

  // biome-ignore lint/correctness/useYield: nothing is stored, so there is nothing to yield
  *chunks(id: Digest): Generator<Uint8Array> {
    throw objectNotFound(id)
  }

  #count(digest: Digest, size: number): PutResult {
    this.count++
    this.bytes += size
    return { digest, isNew: true, size }
  }
}
