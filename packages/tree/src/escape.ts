import { hexDigit } from '@composefs/bytes'
import { DumpBuffer } from './dump-buffer.ts'

const BACKSLASH = 0x5c
const LETTER_N = 0x6e
const LETTER_R = 0x72
const LETTER_T = 0x74
const LETTER_X = 0x78

/** PATH, PAYLOAD or CONTENT of a dump line: nothing is `-`, a lone dash `\x2d`. */
export function escapeField(field: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer = new DumpBuffer(field.length + 1)
  buffer.field(field)
  return buffer.take()
}

/** Name or value of an xattr in a dump line: `=` is escaped too, nothing and a dash stay as they are. */
export function escapeXattr(part: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer = new DumpBuffer(part.length)
  buffer.xattr(part)
  return buffer.take()
}

/** The bytes that an escaped field stands for, or undefined when it is not well-formed. `-` has no meaning here. */
export function unescapeField(field: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(field.length)
  const length = unescapeRange(field, 0, field.length, out, 0)
  return length < 0 ? undefined : out.subarray(0, length)
}

/**
 * Writes what `field[start, end)` stands for to `out` at `at`, and returns its length, -1 when an escape is
 * unknown or cut off. There is room for `end - start` bytes; the result is never longer.
 */
export function unescapeRange(
  field: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  let length = 0
  for (let i = start; i < end; length++) {
    const byte = field[i++] as number
    if (byte !== BACKSLASH) {
      out[at + length] = byte
      continue
    }
    if (i === end) return -1
    switch (field[i++]) {
      case BACKSLASH:
        out[at + length] = BACKSLASH
        break
      case LETTER_N:
        out[at + length] = 0x0a
        break
      case LETTER_R:
        out[at + length] = 0x0d
        break
      case LETTER_T:
        out[at + length] = 0x09
        break
      case LETTER_X: {
        if (i + 2 > end) return -1
        const high = hexDigit(field[i] as number)
        const low = hexDigit(field[i + 1] as number)
        if (high < 0 || low < 0) return -1
        out[at + length] = (high << 4) | low
        i += 2
        break
      }
      default:
        return -1
    }
  }
  return length
}
