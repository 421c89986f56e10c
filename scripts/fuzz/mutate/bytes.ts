import type { Random } from '../random.ts'
import { INPUT_MAX } from '../target.ts'
import { INTERESTING } from './interesting.ts'

/** Bytes that a repeated piece mostly takes up. */
const REPEATED_MAX = 8192

/** What a change of bytes may draw on. */
export interface ByteMaterial {
  readonly dictionary: readonly Uint8Array[]
  /** Other inputs, to take pieces from. */
  readonly others: readonly Uint8Array[]
}

/** Changes an input in one to eight places without knowing what it is. */
export function mutateBytes(input: Uint8Array, random: Random, material: ByteMaterial): Uint8Array {
  let bytes = input
  const changes = 1 << random.below(4)
  for (let i = 0; i < changes; i++) bytes = random.pick(CHANGES)(bytes, random, material)
  return bytes.subarray(0, INPUT_MAX)
}

/** Replaces `length` bytes at `at`. */
function replaceBytes(
  bytes: Uint8Array,
  place: { readonly at: number; readonly length: number },
  replacement: Uint8Array,
): Uint8Array {
  const at = Math.min(place.at, bytes.length)
  const end = Math.min(at + place.length, bytes.length)
  const out = new Uint8Array(at + replacement.length + bytes.length - end)
  out.set(bytes.subarray(0, at))
  out.set(replacement, at)
  out.set(bytes.subarray(end), at + replacement.length)
  return out
}

type Change = (bytes: Uint8Array, random: Random, material: ByteMaterial) => Uint8Array

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  setByte,
  setNumber,
  setNumber,
  addToNumber,
  changeDigits,
  changeDigits,
  insertWord,
  overwriteWithWord,
  remove,
  repeat,
  move,
  takePiece,
  truncate,
]

function flipBit(bytes: Uint8Array, random: Random): Uint8Array {
  const out = new Uint8Array(bytes)
  const at = random.below(out.length)
  if (out.length > 0) out[at] = (out[at] as number) ^ (1 << random.below(8))
  return out
}

function setByte(bytes: Uint8Array, random: Random): Uint8Array {
  const out = new Uint8Array(bytes)
  if (out.length > 0) out[random.below(out.length)] = random.below(256)
  return out
}

function setNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const size = random.pick([1, 2, 4, 8])
  if (bytes.length < size) return bytes
  const out = new Uint8Array(bytes)
  writeNumber(out, random.below(out.length - size + 1), { size, value: random.pick(INTERESTING) })
  return out
}

function addToNumber(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < 4) return bytes
  const out = new Uint8Array(bytes)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  const at = random.below(out.length - 3)
  view.setUint32(at, view.getUint32(at, true) + random.below(33) - 16, true)
  return out
}

/** Puts another number in the place of a run of digits. */
function changeDigits(bytes: Uint8Array, random: Random): Uint8Array {
  const from = random.below(bytes.length + 1)
  let at = from
  while (at < bytes.length && !isDigit(bytes[at])) at++
  let end = at
  while (end < bytes.length && end < at + 40 && isDigit(bytes[end])) end++
  if (at === end) return bytes
  const value = random.pick(INTERESTING)
  const text = `${random.oneIn(8) ? '-' : ''}${value.toString(random.oneIn(3) ? 8 : 10)}`
  return replaceBytes(bytes, { at, length: end - at }, Buffer.from(text))
}

function insertWord(bytes: Uint8Array, random: Random, { dictionary }: ByteMaterial): Uint8Array {
  if (dictionary.length === 0) return bytes
  return replaceBytes(
    bytes,
    { at: random.below(bytes.length + 1), length: 0 },
    random.pick(dictionary),
  )
}

function overwriteWithWord(bytes: Uint8Array, random: Random, material: ByteMaterial): Uint8Array {
  if (material.dictionary.length === 0) return bytes
  const word = random.pick(material.dictionary)
  return replaceBytes(bytes, { at: random.below(bytes.length + 1), length: word.length }, word)
}

function remove(bytes: Uint8Array, random: Random): Uint8Array {
  const { at, end } = pieceOf(bytes, random)
  return replaceBytes(bytes, { at, length: end - at }, new Uint8Array(0))
}

function repeat(bytes: Uint8Array, random: Random): Uint8Array {
  const { at, end } = pieceOf(bytes, random)
  const piece = bytes.subarray(at, end)
  if (piece.length === 0) return bytes
  // Long inputs find little that short ones do not, and take their time.
  const sizeMax = random.oneIn(20) ? INPUT_MAX / 4 : REPEATED_MAX
  const most = Math.min(1 << random.below(13), Math.floor(sizeMax / piece.length))
  const copies = Math.max(1, most)
  const repeated = new Uint8Array(piece.length * copies)
  for (let i = 0; i < copies; i++) repeated.set(piece, i * piece.length)
  return replaceBytes(bytes, { at, length: 0 }, repeated).subarray(0, INPUT_MAX)
}

function move(bytes: Uint8Array, random: Random): Uint8Array {
  const { at, end } = pieceOf(bytes, random)
  const out = new Uint8Array(bytes)
  out.copyWithin(random.below(out.length + 1), at, end)
  return out
}

function takePiece(bytes: Uint8Array, random: Random, { others }: ByteMaterial): Uint8Array {
  if (others.length === 0) return bytes
  const other = random.pick(others)
  const { at, end } = pieceOf(other, random)
  const length = random.oneIn(2) ? end - at : 0
  return replaceBytes(
    bytes,
    { at: random.below(bytes.length + 1), length },
    other.subarray(at, end),
  )
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.subarray(0, random.below(bytes.length + 1))
}

/** A piece, short ones more often. */
function pieceOf(bytes: Uint8Array, random: Random): { readonly at: number; readonly end: number } {
  const at = random.below(bytes.length + 1)
  const length = random.below(1 << random.below(14)) + 1
  return { at, end: Math.min(at + length, bytes.length) }
}

/** Writes a little-endian number of 1, 2, 4 or 8 bytes, what is above it cut off. */
export function writeNumber(
  bytes: Uint8Array,
  at: number,
  number: { readonly size: number; readonly value: bigint },
): void {
  let rest = number.value
  for (let i = 0; i < number.size; i++) {
    bytes[at + i] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}
