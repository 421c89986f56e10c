import {
  ALGORITHMS,
  type Algorithm,
  Digest,
  isObjectPath,
  objectPathSize,
  readObjectPath,
} from '@composefs/fsverity'

const SLASH = 0x2f

/**
 * The digest whose object path, lower case and with nothing around it, is `path`; else undefined. Capitals make it
 * another path: the redirect of an image must come out as it went in.
 */
export function objectOfPath(path: Uint8Array, algorithm: Algorithm): Digest | undefined {
  const digest = parsePath(path, 0, algorithm)
  return digest !== undefined && isObjectPath(path, 0, digest.bytes) ? digest : undefined
}

/** The digest whose object path, in either case, a redirect ends in; else undefined. */
export function objectOfRedirect(
  redirect: Uint8Array,
  algorithms: readonly Algorithm[] = ALGORITHMS,
): Digest | undefined {
  for (const algorithm of algorithms) {
    const start = redirect.length - objectPathSize(algorithm.digestSize)
    if (start < 0 || (start > 0 && redirect[start - 1] !== SLASH)) continue
    const digest = parsePath(redirect, start, algorithm)
    if (digest !== undefined) return digest
  }
  return undefined
}

/** The digest of the object path that begins at `start` and ends with `bytes`. */
function parsePath(bytes: Uint8Array, start: number, algorithm: Algorithm): Digest | undefined {
  if (bytes.length - start !== objectPathSize(algorithm.digestSize)) return undefined
  const digest = new Uint8Array(algorithm.digestSize)
  return readObjectPath(bytes, start, digest) ? new Digest(algorithm, digest) : undefined
}
