import { HEX_CODES, hexDigit } from '@composefs/bytes'

const SLASH = 0x2f

/** Bytes of the object path of a digest of so many bytes: two digits each, and the slash. */
export function objectPathSize(digestSize: number): number {
  return 2 * digestSize + 1
}

/** True when `bytes` from `start` on is the object path of `digest`, lower case and nothing behind it. */
export function isObjectPath(bytes: Uint8Array, start: number, digest: Uint8Array): boolean {
  if (bytes.length - start !== objectPathSize(digest.length) || bytes[start + 2] !== SLASH) {
    return false
  }
  let at = start
  for (let i = 0; i < digest.length; i++) {
    const byte = digest[i] as number
    if (bytes[at] !== HEX_CODES[byte >> 4] || bytes[at + 1] !== HEX_CODES[byte & 15]) return false
    at += i === 0 ? 3 : 2
  }
  return true
}

/**
 * Reads the object path, in either case, that `bytes` from `start` on is, into `digest`, which has the size to be.
 * False when it is none; what is in `digest` then means nothing.
 */
export function readObjectPath(bytes: Uint8Array, start: number, digest: Uint8Array): boolean {
  if (bytes.length - start !== objectPathSize(digest.length) || bytes[start + 2] !== SLASH) {
    return false
  }
  let at = start
  for (let i = 0; i < digest.length; i++) {
    const high = hexDigit(bytes[at] as number)
    const low = hexDigit(bytes[at + 1] as number)
    if (high < 0 || low < 0) return false
    digest[i] = (high << 4) | low
    at += i === 0 ? 3 : 2
  }
  return true
}
