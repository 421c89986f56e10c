import { byteField, struct, u8, u32, u64 } from '@composefs/bytes'
import type { Algorithm } from './algorithm.ts'

/** `struct fsverity_descriptor` of the kernel (Documentation/filesystems/fsverity.rst), without a signature. */
export const Descriptor = struct(256, {
  /** Always 1. */
  version: u8,
  /** FS_VERITY_HASH_ALG_*. */
  hashAlgorithm: u8,
  /** log2 of the block size. */
  logBlockSize: u8,
  /** Bytes of salt in use: composefs uses none. */
  saltSize: u8,
  reserved1: u32,
  /** Bytes of the file. */
  dataSize: u64,

  /** Root of the Merkle tree, filled up with zeros. */
  rootHash: byteField(64),

  salt: byteField(32),

  reserved2: byteField(144),
})

const NOTHING = new Uint8Array(0)

/** What a descriptor says of a file. */
export interface DescribedFile {
  /** Bytes of a Merkle tree block. */
  readonly blockSize: number
  /** Bytes of the file. */
  readonly size: number
  readonly rootHash: Uint8Array
}

/** The 256 bytes whose hash is the fs-verity digest of a file of `size` bytes with that root hash. */
export function encodeDescriptor(algorithm: Algorithm, file: DescribedFile): Uint8Array {
  const bytes = new Uint8Array(Descriptor.size)
  Descriptor.write(new DataView(bytes.buffer), 0, {
    version: 1,
    hashAlgorithm: algorithm.kernelId,
    logBlockSize: 31 - Math.clz32(file.blockSize),
    saltSize: 0,
    reserved1: 0,
    dataSize: BigInt(file.size),
    rootHash: file.rootHash,
    salt: NOTHING,
    reserved2: NOTHING,
  })
  return bytes
}
