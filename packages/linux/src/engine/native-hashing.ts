import type { Algorithm, BlockHasher, StreamHash, StreamHashName } from '@composefs/fsverity'
import { createBlockHasher } from './block-hasher.ts'
import { ifBound, loadNative, type Native } from './native.ts'
import { bindOpenssl, type Openssl } from './openssl.ts'
import { blocksWork, streamWorks } from './self-test.ts'
import { StreamHasher } from './stream-hash.ts'

/** Bytes of each hash. */
const DIGEST_SIZES: Readonly<Record<StreamHashName, number>> = {
  sha256: 32,
  sha384: 48,
  sha512: 64,
}

/** Parts of the hashing that the OpenSSL inside node can do, by known answers; undefined for those that it cannot. */
export class NativeHashing {
  readonly #blocks = new Map<Algorithm, BlockHasher | undefined>()
  /** Names of stream hashes, and whether they are right. */
  readonly #streams = new Map<StreamHashName, boolean>()
  #openssl: { native: Native; openssl: Openssl } | undefined | 'untried' = 'untried'
  #streamHasher: StreamHasher | undefined

  blocks(algorithm: Algorithm): BlockHasher | undefined {
    if (!this.#blocks.has(algorithm)) this.#blocks.set(algorithm, this.#createBlocks(algorithm))
    return this.#blocks.get(algorithm)
  }

  stream(name: StreamHashName): StreamHash | undefined {
    let isRight = this.#streams.get(name)
    if (isRight === undefined) {
      const probe = this.#begin(name)
      isRight = probe !== undefined && streamWorks(probe, name)
      this.#streams.set(name, isRight)
    }
    return isRight ? this.#begin(name) : undefined
  }

  /** @throws Error when there is no OpenSSL to call, and so no hash that lies at an address */
  advance(address: number, data: Uint8Array): void {
    const hasher = this.#hasher()
    if (hasher === undefined) throw new Error('no hash lies at an address here')
    hasher.advance(address, data)
  }

  #createBlocks(algorithm: Algorithm): BlockHasher | undefined {
    const library = this.#library()
    if (library === undefined) return undefined
    const hasher = createBlockHasher(algorithm, library.native, library.openssl)
    return hasher !== undefined && blocksWork(hasher) ? hasher : undefined
  }

  #begin(name: StreamHashName): StreamHash | undefined {
    return this.#hasher()?.begin(name, DIGEST_SIZES[name])
  }

  #hasher(): StreamHasher | undefined {
    const library = this.#library()
    if (library === undefined) return undefined
    this.#streamHasher ??= new StreamHasher(library.native, library.openssl)
    return this.#streamHasher
  }

  #library(): { native: Native; openssl: Openssl } | undefined {
    if (this.#openssl === 'untried') {
      const native = loadNative()
      const openssl = native && ifBound(() => bindOpenssl(native))
      this.#openssl = native && openssl && { native, openssl }
    }
    return this.#openssl
  }
}
