import type { ErofsVersion } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'

/** Binary logarithm of the block size that fs-verity digests are made with. */
const BLOCK_BITS = 12

/**
 * The kernel argument that makes the early boot mount an image: `composefs.digest=…` for the formats 0 and 1,
 * `composefs=…` for 2.
 *
 * @param options.insecure boot also from a file system without fs-verity
 *
 * @example
 * formatKernelArgument(digest, { version: 1 }) // 'composefs.digest=v1-sha256-12:887d…'
 */
export function formatKernelArgument(
  digest: Digest,
  options: { readonly version: ErofsVersion; readonly insecure?: boolean },
): string {
  const optional = options.insecure === true ? '?' : ''
  if (options.version === 2) return `composefs=${optional}${digest.hex}`
  return `composefs.digest=${optional}v1-${digest.algorithm.name}-${BLOCK_BITS}:${digest.hex}`
}
