import { concatBytes, encodeUtf8 } from '@composefs/bytes'
import type { Digest } from './digest.ts'

const MAGIC = encodeUtf8('FSVerity')

/**
 * `struct fsverity_formatted_digest` of the kernel: the bytes that an fs-verity signature signs.
 *
 * `FSVerity`, u16 kernel id, u16 digest size, digest.
 */
export function formatDigest(digest: Digest): Uint8Array {
  const numbers = new Uint8Array(4)
  const view = new DataView(numbers.buffer)
  view.setUint16(0, digest.algorithm.kernelId, true)
  view.setUint16(2, digest.algorithm.digestSize, true)
  return concatBytes([MAGIC, numbers, digest.bytes])
}
