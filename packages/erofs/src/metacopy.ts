import { type Algorithm, algorithmByKernelId, Digest } from '@composefs/fsverity'

/** Bytes before the digest in the value of a metacopy xattr: version, length of all, flags, algorithm. */
export const METACOPY_HEAD = 4

/** The value of `trusted.overlay.metacopy` that makes overlayfs enforce a digest. */
export function encodeMetacopy(algorithm: Algorithm, digest: Uint8Array): Uint8Array {
  const value = new Uint8Array(METACOPY_HEAD + digest.length)
  value.set([0, METACOPY_HEAD + digest.length, 0, algorithm.kernelId])
  value.set(digest, METACOPY_HEAD)
  return value
}

/**
 * The digest of a metacopy value that is not empty, or undefined when overlayfs would not understand it.
 *
 * The digest aliases `value`.
 */
export function parseMetacopy(value: Uint8Array): Digest | undefined {
  const algorithm = algorithmByKernelId(value[3] ?? 0)
  if (algorithm === undefined || value.length !== METACOPY_HEAD + algorithm.digestSize) {
    return undefined
  }
  if (value[0] !== 0 || value[1] !== value.length || value[2] !== 0) return undefined
  return new Digest(algorithm, value.subarray(METACOPY_HEAD))
}
