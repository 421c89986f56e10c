import { hexDigit } from '@composefs/bytes'

/** Values of lower-case hex digits by their codes in latin1; negative for all else. */
const DIGITS = Int16Array.from({ length: 256 }, (_, code) =>
  isCapital(code) ? -1 : hexDigit(code),
)

/**
 * Reads the digest of an object out of the names of its directory and of its file there. Capitals make it another name:
 * objects are looked for by their lower-case ones.
 *
 * @param directory two characters
 * @param digest gets the bytes; undefined ones where the names are not those of an object
 * @returns whether they are those of an object
 */
export function readObjectName(directory: string, name: string, digest: Uint8Array): boolean {
  if (name.length !== 2 * digest.length - 2) return false
  let bits = byteAt(directory, 0)
  digest[0] = bits
  for (let i = 1, at = 0; i < digest.length; i++, at += 2) {
    const byte = byteAt(name, at)
    bits |= byte
    digest[i] = byte
  }
  return bits >= 0
}

/** The byte that two hex digits make; negative where one of them is none. */
function byteAt(text: string, at: number): number {
  const high = DIGITS[text.charCodeAt(at)] ?? -1
  const low = DIGITS[text.charCodeAt(at + 1)] ?? -1
  return (high << 4) | low
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x46
}
