/** Hash functions of fs-verity that composefs uses. */
export type AlgorithmName = 'sha256' | 'sha512'

/** What a hash function of fs-verity is called, and how long its digests are. */
export interface Algorithm {
  readonly name: AlgorithmName
  /** FS_VERITY_HASH_ALG_* of the kernel, also used in splitstreams and overlayfs metacopy xattrs. */
  readonly kernelId: 1 | 2
  /** Bytes of a digest. */
  readonly digestSize: 32 | 64
}

/** SHA-256: digests of 32 bytes, number 1 of the kernel. */
export const SHA256: Algorithm = { name: 'sha256', kernelId: 1, digestSize: 32 }
/** SHA-512: digests of 64 bytes, number 2 of the kernel. */
export const SHA512: Algorithm = { name: 'sha512', kernelId: 2, digestSize: 64 }

/** Every known algorithm. */
export const ALGORITHMS: readonly Algorithm[] = [SHA256, SHA512]

/** log2 of the block size that composefs repositories and images use. */
export const LOG_BLOCK_SIZE = 12

/** The algorithm of that name, or undefined. */
export function algorithmByName(name: string): Algorithm | undefined {
  return ALGORITHMS.find(algorithm => algorithm.name === name)
}

/** The algorithm with that kernel number, or undefined. */
export function algorithmByKernelId(id: number): Algorithm | undefined {
  return ALGORITHMS.find(algorithm => algorithm.kernelId === id)
}

/** The algorithm whose digests have `bytes` bytes, or undefined. */
export function algorithmByDigestSize(bytes: number): Algorithm | undefined {
  return ALGORITHMS.find(algorithm => algorithm.digestSize === bytes)
}

/** `fsverity-sha512-12`: the name meta.json and the command line use. */
export function formatAlgorithm(algorithm: Algorithm): string {
  return `fsverity-${algorithm.name}-${LOG_BLOCK_SIZE}`
}

/** Reads `fsverity-HASH-12`; undefined for another hash, block size or form. */
export function parseAlgorithm(text: string): Algorithm | undefined {
  return ALGORITHMS.find(algorithm => formatAlgorithm(algorithm) === text)
}
