const SLASH = 0x2f
const DIGITS = Uint8Array.from('0123456789abcdef', digit => digit.charCodeAt(0))
const VALUES = new Int8Array(256).fill(-1)
for (const [value, digit] of DIGITS.entries()) VALUES[digit] = value

/** True when `path` is the object path of `digest`: two digits, slash, the others, in lower case. */
export function samePath(path: Uint8Array, digest: Uint8Array): boolean {
  if (path.length !== digest.length * 2 + 1 || path[2] !== SLASH) return false
  for (let i = 0; i < digest.length; i++) {
    const byte = digest[i] as number
    const at = i === 0 ? 0 : 2 * i + 1
    if (path[at] !== DIGITS[byte >> 4] || path[at + 1] !== DIGITS[byte & 15]) return false
  }
  return true
}

/**
 * Reads the digest out of an object path into `digest`. False when it is none; capitals make it none, because the
 * redirect of an image must come out as it went in.
 */
export function readObjectPath(path: Uint8Array, digest: Uint8Array): boolean {
  if (path.length !== digest.length * 2 + 1 || path[2] !== SLASH) return false
  for (let i = 0; i < digest.length; i++) {
    const at = i === 0 ? 0 : 2 * i + 1
    const high = VALUES[path[at] as number] as number
    const low = VALUES[path[at + 1] as number] as number
    if (high < 0 || low < 0) return false
    digest[i] = (high << 4) | low
  }
  return true
}
