import { hexDigit } from '@composefs/bytes'
import { ALGORITHMS, type Algorithm, Digest } from '@composefs/fsverity'

const SLASH = 0x2f
const HEX = Uint8Array.from('0123456789abcdef', digit => digit.charCodeAt(0))

/**
 * The digest whose object path, lower case and with nothing around it, is `path`; else undefined. Capitals make it
 * another path: the redirect of an image must come out as it went in.
 */
export function objectOfPath(path: Uint8Array, algorithm: Algorithm): Digest | undefined {
  for (let i = 0; i < path.length; i++) if (isCapital(path[i] as number)) return undefined
  return parsePath(path, 0, algorithm)
}

/** The digest whose object path, in either case, a redirect ends in; else undefined. */
export function objectOfRedirect(
  redirect: Uint8Array,
  algorithms: readonly Algorithm[] = ALGORITHMS,
): Digest | undefined {
  for (const algorithm of algorithms) {
    const start = redirect.length - pathLength(algorithm)
    if (start < 0 || (start > 0 && redirect[start - 1] !== SLASH)) continue
    const digest = parsePath(redirect, start, algorithm)
    if (digest !== undefined) return digest
  }
  return undefined
}

/** True when `bytes` from `start` on is the object path, lower case, of `digest`. */
export function isPathOf(bytes: Uint8Array, start: number, digest: Digest): boolean {
  if (bytes.length - start !== pathLength(digest.algorithm) || bytes[start + 2] !== SLASH) {
    return false
  }
  let at = start
  for (let i = 0; i < digest.bytes.length; i++) {
    const byte = digest.bytes[i] as number
    if (bytes[at] !== HEX[byte >> 4] || bytes[at + 1] !== HEX[byte & 15]) return false
    at += i === 0 ? 3 : 2
  }
  return true
}

/** The digest of the object path that begins at `start` and ends with `bytes`. */
function parsePath(bytes: Uint8Array, start: number, algorithm: Algorithm): Digest | undefined {
  if (bytes.length - start !== pathLength(algorithm) || bytes[start + 2] !== SLASH) return undefined
  const digest = new Uint8Array(algorithm.digestSize)
  let at = start
  for (let i = 0; i < digest.length; i++) {
    const high = hexDigit(bytes[at] as number)
    const low = hexDigit(bytes[at + 1] as number)
    if (high < 0 || low < 0) return undefined
    digest[i] = (high << 4) | low
    at += i === 0 ? 3 : 2
  }
  return new Digest(algorithm, digest)
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a
}

function pathLength(algorithm: Algorithm): number {
  return 2 * algorithm.digestSize + 1
}
