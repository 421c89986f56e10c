/** A set of byte values: eight words of bits. */
export type ByteSet = Uint32Array

/** The set of the bytes of the given ranges, ends included. */
export function byteSet(...ranges: readonly (readonly [first: number, last: number])[]): ByteSet {
  const set = new Uint32Array(8)
  for (const [first, last] of ranges) addRange(set, first, last)
  return set
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return (((set[byte >>> 5] as number) >>> (byte & 31)) & 1) === 1
}

export function addRange(set: ByteSet, first: number, last: number): void {
  for (let byte = first; byte <= last; byte++) {
    set[byte >>> 5] = (set[byte >>> 5] as number) | (1 << (byte & 31))
  }
}

export function addSet(set: ByteSet, other: ByteSet): void {
  for (let i = 0; i < 8; i++) set[i] = (set[i] as number) | (other[i] as number)
}

export function complement(set: ByteSet): ByteSet {
  return set.map(word => ~word)
}

/** The bytes for which `keeps` is true, told whether each set has it. */
export function combine(
  a: ByteSet,
  b: ByteSet,
  keeps: (inA: boolean, inB: boolean) => boolean,
): ByteSet {
  const result = new Uint32Array(8)
  for (let byte = 0; byte < 256; byte++) {
    if (keeps(hasByte(a, byte), hasByte(b, byte))) addRange(result, byte, byte)
  }
  return result
}

const CASE = 0x20

/** The set with the other case of each ASCII letter in it. */
export function foldCase(set: ByteSet): ByteSet {
  const folded = set.slice()
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    if (hasByte(set, upper)) addRange(folded, upper | CASE, upper | CASE)
    if (hasByte(set, upper | CASE)) addRange(folded, upper, upper)
  }
  return folded
}

/** The only byte of a set, undefined when it has another number of them. */
export function onlyByte(set: ByteSet): number | undefined {
  let only: number | undefined
  for (let i = 0; i < 8; i++) {
    const word = set[i] as number
    if (word === 0) continue
    if (only !== undefined || (word & (word - 1)) !== 0) return undefined
    only = i * 32 + 31 - Math.clz32(word)
  }
  return only
}
