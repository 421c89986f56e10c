/**
 * Value of the octal field of `length` bytes at `at`: cut at the first NUL, white space around it left out, nothing
 * is 0. Undefined when it holds anything else. At most twelve digits, so always exact.
 */
export function parseOctal(block: Uint8Array, at: number, length: number): number | undefined {
  let start = at
  let end = at
  while (end < at + length && block[end] !== 0) end++
  while (start < end && isSpace(block[start] as number)) start++
  while (end > start && isSpace(block[end - 1] as number)) end--
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (block[i] as number) - 0x30
    if (digit < 0 || digit > 7) return undefined
    value = value * 8 + digit
  }
  return value
}

/**
 * Value of a field that is octal or, with the first bit set, base 256 (GNU): then a bigint of all bits but that one,
 * unsigned. Undefined when it is neither.
 */
export function parseNumeric(
  block: Uint8Array,
  at: number,
  length: number,
): number | bigint | undefined {
  const first = block[at] as number
  if (first < 0x80) return parseOctal(block, at, length)
  let value = BigInt(first & 0x7f)
  for (let i = at + 1; i < at + length; i++) value = (value << 8n) | BigInt(block[i] as number)
  return value
}

/** ASCII white space: tab to return, and space. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
