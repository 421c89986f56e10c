const DIGIT_0 = 0x30
const DASH = 0x2d

/** Digits that a double holds whatever they are. */
const SAFE_DIGITS = 15

/** Digits of 2^64 - 1. */
const UINT64_DIGITS = 20
const UINT64_END = 1n << 64n
const INT64_END = 1n << 63n

/** What a 64-bit number above 2^53 reads as where its exact value does not matter. */
const BEYOND_SAFE: number = Number.POSITIVE_INFINITY

/**
 * The decimal number `bytes[start, end)`, one or more digits and nothing else; BEYOND_SAFE above 2^53, -1 when it
 * is no number of 64 bits.
 */
export function parseUint64(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= SAFE_DIGITS) return parseDigits(bytes, start, end, 10)
  const value = parseLong(bytes, start, end)
  if (value < 0n) return -1
  return value > 2n ** 53n ? BEYOND_SAFE : Number(value)
}

/** The decimal number `bytes[start, end)`, or -1 when it is none or above `max`, which is below 10^15. */
export function parseUpTo(bytes: Uint8Array, start: number, end: number, max: number): number {
  const value = parseUint64(bytes, start, end)
  return value <= max ? value : -1
}

/** The octal number `bytes[start, end)` of at most 32 bits, or -1. */
export function parseOctal(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end - 1 && bytes[at] === DIGIT_0) at++
  if (end - at > 11) return -1
  const value = parseDigits(bytes, at, end, 8)
  return value > 0xffff_ffff ? -1 : value
}

/** Seconds as the two halves of 64 bits in two's complement. */
export interface Halves {
  low: number
  high: number
}

/**
 * Reads the decimal number `bytes[start, end)` with or without a dash before it: -2^63 to 2^64 - 1, where the upper
 * half of the positive ones is the same as the negative ones. False when it is none.
 */
export function parseSeconds(bytes: Uint8Array, start: number, end: number, out: Halves): boolean {
  const negative = bytes[start] === DASH && end > start
  const at = negative ? start + 1 : start
  if (end - at <= SAFE_DIGITS) {
    const magnitude = parseDigits(bytes, at, end, 10)
    if (magnitude < 0) return false
    const value = negative ? -magnitude : magnitude
    const high = Math.floor(value / 0x1_0000_0000)
    out.low = value - high * 0x1_0000_0000
    out.high = high >>> 0
    return true
  }
  const magnitude = parseLong(bytes, at, end)
  if (magnitude < 0n || (negative && magnitude > INT64_END)) return false
  const value = BigInt.asUintN(64, negative ? -magnitude : magnitude)
  out.low = Number(value & 0xffff_ffffn)
  out.high = Number(value >> 32n)
  return true
}

/** At most 15 digits of a base up to 10, or -1. */
function parseDigits(bytes: Uint8Array, start: number, end: number, base: number): number {
  if (start >= end) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - DIGIT_0
    if (digit < 0 || digit >= base) return -1
    value = value * base + digit
  }
  return value
}

/** Any number of digits with a value of 64 bits, or -1. */
function parseLong(bytes: Uint8Array, start: number, end: number): bigint {
  let at = start
  while (at < end - 1 && bytes[at] === DIGIT_0) at++
  // Also keeps the conversion below from being fed a megabyte of digits.
  if (end - at > UINT64_DIGITS) return -1n
  let text = ''
  for (let i = at; i < end; i++) {
    const digit = (bytes[i] as number) - DIGIT_0
    if (digit < 0 || digit > 9) return -1n
    text += digit
  }
  const value = BigInt(text)
  return value < UINT64_END ? value : -1n
}
