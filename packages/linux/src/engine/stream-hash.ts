import type { StreamHash } from '@composefs/fsverity'
import type { Native } from './native.ts'
import { abandoned, LentMemory, NativeMemory } from './native-memory.ts'
import type { Openssl } from './openssl.ts'

/** Bytes of the longest hash. */
const DIGEST_SIZE_MAX = 64

/** Makes hashes whose state any thread of the process can go on with: what is at an address is there for all. */
export class StreamHasher {
  readonly #openssl: Openssl
  readonly #lent: LentMemory
  readonly #out: NativeMemory
  readonly #digests = new Map<string, number>()

  constructor(native: Native, openssl: Openssl) {
    this.#openssl = openssl
    this.#lent = new LentMemory(native)
    this.#out = new NativeMemory(native, DIGEST_SIZE_MAX)
  }

  /** Begins a hash of `size` bytes; undefined when OpenSSL cannot. */
  begin(name: string, size: number): StreamHash | undefined {
    let digest = this.#digests.get(name)
    if (digest === undefined) {
      digest = this.#openssl.fetch(name)
      this.#digests.set(name, digest)
    }
    const context = digest === 0 ? 0 : this.#openssl.begin(digest)
    return context === 0 ? undefined : new NativeStreamHash(this, context, size)
  }

  advance(address: number, data: Uint8Array): void {
    try {
      this.#openssl.update(address, this.#lent.lendInput(data), data.length)
    } finally {
      this.#lent.release()
    }
  }

  finish(address: number, size: number): Uint8Array {
    this.#openssl.finish(address, this.#out.address)
    return this.#out.bytes.slice(0, size)
  }

  free(address: number): void {
    this.#openssl.free(address)
  }
}

class NativeStreamHash implements StreamHash {
  readonly #hasher: StreamHasher
  readonly #size: number
  #address: number | undefined

  constructor(hasher: StreamHasher, address: number, size: number) {
    this.#hasher = hasher
    this.#address = address
    this.#size = size
    abandoned.register(this, () => hasher.free(address), this)
  }

  get address(): number | undefined {
    return this.#address
  }

  update(data: Uint8Array): void {
    this.#hasher.advance(this.#open(), data)
  }

  digest(): Uint8Array {
    try {
      return this.#hasher.finish(this.#open(), this.#size)
    } finally {
      this.close()
    }
  }

  close(): void {
    if (this.#address === undefined) return
    abandoned.unregister(this)
    this.#hasher.free(this.#address)
    this.#address = undefined
  }

  #open(): number {
    if (this.#address === undefined) throw new Error('the hash has been asked for already')
    return this.#address
  }
}
