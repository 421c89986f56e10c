const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

/** Bytes that the four lanes take at once. */
const STRIPE = 16

/**
 * The 32-bit xxHash of `bytes[start, end)`, as an unsigned number.
 *
 * Source: the xxHash specification of its author, "XXH32 algorithm description".
 */
export function xxh32(
  bytes: Uint8Array,
  seed: number,
  start = 0,
  end: number = bytes.length,
): number {
  let at = start
  let hash: number
  if (end - start >= STRIPE) {
    let a = (seed + PRIME_1 + PRIME_2) | 0
    let b = (seed + PRIME_2) | 0
    let c = seed | 0
    let d = (seed - PRIME_1) | 0
    for (; at + STRIPE <= end; at += STRIPE) {
      a = lane(a, word(bytes, at))
      b = lane(b, word(bytes, at + 4))
      c = lane(c, word(bytes, at + 8))
      d = lane(d, word(bytes, at + 12))
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
  } else {
    hash = seed + PRIME_5
  }
  hash = (hash + (end - start)) | 0
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(word(bytes, at), PRIME_3), 17), PRIME_4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[at] as number, PRIME_5), 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function lane(accumulator: number, input: number): number {
  return Math.imul(rotate(accumulator + Math.imul(input, PRIME_2), 13), PRIME_1)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/** Little-endian, whatever the machine. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}
