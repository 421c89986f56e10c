import type { Algorithm, BlockHasher } from '@composefs/fsverity'
import type { Native } from './native.ts'
import { LentMemory, NativeMemory } from './native-memory.ts'
import type { Openssl } from './openssl.ts'

/** Largest block of fs-verity, in bytes. */
const BLOCK_SIZE_MAX = 65536

/** Bytes of hashes that are copied to the caller at once. */
const HASHES_SIZE = 4096

/** Up to so many bytes are copied, which costs less than to ask for their address. */
const COPIED_MAX = 512

/** Hashes blocks by calls of OpenSSL, with no garbage for each. Undefined when OpenSSL does not know the algorithm. */
export function createBlockHasher(
  algorithm: Algorithm,
  native: Native,
  openssl: Openssl,
): BlockHasher | undefined {
  const digest = openssl.fetch(algorithm.name)
  return digest === 0 ? undefined : new NativeBlockHasher(algorithm, digest, { native, openssl })
}

class NativeBlockHasher implements BlockHasher {
  readonly algorithm: Algorithm
  readonly #digest: number
  readonly #native: Native
  readonly #openssl: Openssl
  readonly #lent: LentMemory
  /** A block that is not where it can be hashed, or not complete. */
  readonly #block: NativeMemory
  readonly #hashes: NativeMemory

  constructor(
    algorithm: Algorithm,
    digest: number,
    { native, openssl }: { native: Native; openssl: Openssl },
  ) {
    this.algorithm = algorithm
    this.#digest = digest
    this.#native = native
    this.#openssl = openssl
    this.#lent = new LentMemory(native)
    this.#block = new NativeMemory(native, BLOCK_SIZE_MAX)
    this.#hashes = new NativeMemory(native, HASHES_SIZE)
  }

  hash(data: Uint8Array): Uint8Array {
    const hash = new Uint8Array(this.algorithm.digestSize)
    try {
      this.#openssl.hash(
        this.#digest,
        this.#lent.lendInput(data),
        data.length,
        this.#hashes.address,
      )
    } finally {
      this.#lent.release()
    }
    this.#copyHashes(hash, 0, hash.length)
    return hash
  }

  hashBlocks(data: Uint8Array, blockSize: number, out: Uint8Array): void {
    const { digestSize } = this.algorithm
    const count = Math.ceil(data.length / blockSize)
    // A wrong length in a native call is a crash or worse.
    const isSize = Number.isInteger(blockSize) && blockSize >= 1 && blockSize <= BLOCK_SIZE_MAX
    if (!isSize || out.length < count * digestSize) {
      throw new RangeError(`${count} hashes of ${blockSize} bytes into ${out.length} bytes`)
    }
    const rest = data.length % blockSize
    const whole = data.length - rest
    if (whole > 0) this.#hashWhole(data, whole, blockSize, out)
    if (rest === 0) return
    this.#gather(whole === 0 ? data : data.subarray(whole))
    this.#block.bytes.fill(0, rest, blockSize)
    this.#openssl.hash(this.#digest, this.#block.address, blockSize, this.#hashes.address)
    this.#copyHashes(out, (count - 1) * digestSize, digestSize)
  }

  /** Hashes the first `whole` bytes, a multiple of the block size. */
  #hashWhole(data: Uint8Array, whole: number, blockSize: number, out: Uint8Array): void {
    if (whole <= COPIED_MAX) {
      this.#gather(data)
      this.#hashAt(this.#block.address, whole, blockSize, out)
      return
    }
    try {
      this.#hashAt(this.#lent.lendInput(data), whole, blockSize, out)
    } finally {
      this.#lent.release()
    }
  }

  /** Copies less than a block to where it can be hashed. */
  #gather(data: Uint8Array): void {
    if (data.length <= COPIED_MAX || !(data.buffer instanceof SharedArrayBuffer)) {
      this.#block.bytes.set(data)
      return
    }
    // V8 copies shared memory word by word, which takes a fourth of the time that the hash does.
    try {
      this.#native.copy(this.#block.address, this.#lent.lendInput(data), data.length)
    } finally {
      this.#lent.release()
    }
  }

  #hashAt(address: number, size: number, blockSize: number, out: Uint8Array): void {
    const { digestSize } = this.algorithm
    const hashes = this.#hashes.address
    let filled = 0
    let copied = 0
    for (let at = 0; at < size; at += blockSize) {
      this.#openssl.hash(this.#digest, address + at, blockSize, hashes + filled)
      filled += digestSize
      if (filled < HASHES_SIZE) continue
      this.#copyHashes(out, copied, filled)
      copied += filled
      filled = 0
    }
    if (filled > 0) this.#copyHashes(out, copied, filled)
  }

  #copyHashes(out: Uint8Array, at: number, size: number): void {
    const { bytes } = this.#hashes
    // A view costs more than the copy of one hash.
    if (size <= 64) for (let i = 0; i < size; i++) out[at + i] = bytes[i] as number
    else out.set(size === HASHES_SIZE ? bytes : bytes.subarray(0, size), at)
  }
}
