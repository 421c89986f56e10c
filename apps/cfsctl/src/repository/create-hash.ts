import type { StreamHash, StreamHashName } from '@composefs/fsverity'
import { engine } from './engine.ts'

// What the libraries import of node:crypto beside `createHash`, which stands in front of the one there.
export {
  createPrivateKey,
  randomBytes,
  randomInt,
  X509Certificate,
} from 'node:crypto'

/** The part of a `Hash` of `node:crypto` that the libraries use. */
interface EngineHash {
  /** Strings are UTF-8. */
  update(data: Uint8Array | string): EngineHash
  digest(): Buffer
  digest(encoding: BufferEncoding): string
}

/** `createHash` of `node:crypto`, made by the engine of the program. */
export function createHash(name: StreamHashName): EngineHash {
  return new HashByEngine(engine.hashing.stream(name))
}

class HashByEngine implements EngineHash {
  readonly #hash: StreamHash

  constructor(hash: StreamHash) {
    this.#hash = hash
  }

  update(data: Uint8Array | string): this {
    this.#hash.update(typeof data === 'string' ? Buffer.from(data) : data)
    return this
  }

  digest(): Buffer
  digest(encoding: BufferEncoding): string
  digest(encoding?: BufferEncoding): Buffer | string {
    const hash = Buffer.from(this.#hash.digest())
    return encoding === undefined ? hash : hash.toString(encoding)
  }
}
