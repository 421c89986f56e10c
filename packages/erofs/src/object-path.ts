import { showUtf8 } from '@composefs/bytes'
import { ALGORITHMS, type Algorithm, Digest } from '@composefs/fsverity'

const SLASH = 0x2f

/** The digest whose object path, lower case and with nothing around it, is `path`; else undefined. */
export function objectOfPath(path: Uint8Array, algorithm: Algorithm): Digest | undefined {
  if (path.length !== pathLength(algorithm) || path[2] !== SLASH) return undefined
  const text = showUtf8(path)
  const digest = Digest.fromObjectPath(text, algorithm)
  return digest?.objectPath === text ? digest : undefined
}

/** The digest whose object path, in either case, a redirect ends in; else undefined. */
export function objectOfRedirect(
  redirect: Uint8Array,
  algorithms: readonly Algorithm[] = ALGORITHMS,
): Digest | undefined {
  for (const algorithm of algorithms) {
    const start = redirect.length - pathLength(algorithm)
    if (start < 0 || (start > 0 && redirect[start - 1] !== SLASH)) continue
    const digest = Digest.fromObjectPath(showUtf8(redirect.subarray(start)), algorithm)
    if (digest !== undefined) return digest
  }
  return undefined
}

function pathLength(algorithm: Algorithm): number {
  return 2 * algorithm.digestSize + 1
}
