import type { Algorithm } from './algorithm.ts'

/** Digests of many equal blocks at once: the one hot loop of fs-verity. */
export interface BlockHasher {
  readonly algorithm: Algorithm
  /** The plain hash of `data`, in new memory. */
  hash(data: Uint8Array): Uint8Array
  /**
   * Cuts `data` into blocks of `blockSize` bytes, the last one filled up with zeros, and writes their hashes
   * one behind the other into `out`, from its start.
   */
  hashBlocks(data: Uint8Array, blockSize: number, out: Uint8Array): void
}

/** Plain hashes that content is named by elsewhere (OCI digests). */
export type StreamHashName = 'sha256' | 'sha384' | 'sha512'

/** A plain hash over bytes that arrive in pieces. */
export interface StreamHash {
  /**
   * Where the state of the hash lies, if another thread of the process can go on with it, one at a time; `digest` then
   * gives the hash of all that any thread added.
   */
  readonly address?: number | undefined
  /** Adds the next bytes, which are not kept. */
  update(data: Uint8Array): void
  /** The hash; the object cannot be used afterwards. */
  digest(): Uint8Array
  /** Gives up a hash that nobody will ask for. Harmless after `digest`. */
  close?(): void
}

/** Who hashes: the one seam between the portable hash and a runtime's own. */
export interface Hashing {
  /** Who hashes the blocks of files with this algorithm. */
  blocks(algorithm: Algorithm): BlockHasher
  /** Starts a plain hash. */
  stream(name: StreamHashName): StreamHash
  /**
   * Adds `data` to the hash whose state lies at `address`, whichever thread began it. The caller sees to it that the
   * hash is still there, and that nobody else is at it. Present where `stream` gives hashes with an address.
   */
  advance?(address: number, data: Uint8Array): void
}
