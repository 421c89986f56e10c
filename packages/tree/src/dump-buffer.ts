import { HEX_CODES } from '@composefs/bytes'

const SPACE = 0x20
const DASH = 0x2d
const SLASH = 0x2f
const EQUALS = 0x3d
const BACKSLASH = 0x5c
const LETTER_X = 0x78

/** How a byte is written: as it is, as two hex digits, or (any other number) as a backslash and that letter. */
const PLAIN = 0
const AS_HEX = 1

const ESCAPES = new Uint8Array(256).fill(AS_HEX)
ESCAPES.fill(PLAIN, 0x21, 0x7f)
ESCAPES[BACKSLASH] = BACKSLASH
ESCAPES[0x0a] = 0x6e
ESCAPES[0x0d] = 0x72
ESCAPES[0x09] = 0x74

const XATTR_ESCAPES = ESCAPES.slice()
XATTR_ESCAPES[EQUALS] = AS_HEX

const DIGIT_0 = 0x30

/** Most digits of a number up to 2^53, and of a mode. */
const DECIMAL_MAX = 16
const OCTAL_MAX = 6

/** Below this, integer division is exact and fast. */
const SMALL = 2 ** 31

/** Bytes that one byte can become. */
const ESCAPED_MAX = 4

/** A growing buffer that dump lines are written into. */
export class DumpBuffer {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** Bytes written. */
  get length(): number {
    return this.#length
  }

  /** A copy of what was written; the buffer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return bytes
  }

  /** Forgets what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length
  }

  byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  /** ASCII text as it is. */
  ascii(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i)
  }

  /** A number from 0 to 2^53 in decimal digits. */
  decimal(value: number): void {
    this.#reserve(DECIMAL_MAX)
    let digits = 1
    for (let limit = 10; limit <= value; limit *= 10) digits++
    let rest = value
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const tenth = rest < SMALL ? (rest / 10) | 0 : Math.floor(rest / 10)
      this.#bytes[at] = DIGIT_0 + (rest - tenth * 10)
      rest = tenth
    }
    this.#length += digits
  }

  /** A mode with type bits in octal digits. */
  mode(value: number): void {
    this.#reserve(OCTAL_MAX)
    let digits = 1
    for (let rest = value >> 3; rest !== 0; rest >>= 3) digits++
    for (let shift = (digits - 1) * 3; shift >= 0; shift -= 3) {
      this.#bytes[this.#length++] = DIGIT_0 + ((value >> shift) & 7)
    }
  }

  /** Everything that is in another buffer. */
  append(other: DumpBuffer): void {
    this.#reserve(other.#length)
    const from = other.#bytes
    for (let i = 0; i < other.#length; i++) this.#bytes[this.#length++] = from[i] as number
  }

  /** PATH, PAYLOAD or CONTENT. */
  field(bytes: Uint8Array): void {
    if (bytes.length === 0) this.byte(DASH)
    else if (bytes.length === 1 && bytes[0] === DASH) this.ascii('\\x2d')
    else this.escaped(bytes, 0, bytes.length)
  }

  /** Name or value of an xattr. */
  xattr(bytes: Uint8Array): void {
    this.#escape(bytes, 0, bytes.length, XATTR_ESCAPES)
  }

  /** `bytes[start, end)` escaped, without regard to dashes and emptiness. */
  escaped(bytes: Uint8Array, start: number, end: number): void {
    this.#escape(bytes, start, end, ESCAPES)
  }

  hex(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve((end - start) * 2)
    const out = this.#bytes
    let at = this.#length
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      out[at++] = HEX_CODES[byte >> 4] as number
      out[at++] = HEX_CODES[byte & 15] as number
    }
    this.#length = at
  }

  /** The object path of the digest `bytes[start, end)`. */
  objectPath(bytes: Uint8Array, start: number, end: number): void {
    this.hex(bytes, start, start + 1)
    this.byte(SLASH)
    this.hex(bytes, start + 1, end)
  }

  space(): void {
    this.byte(SPACE)
  }

  #escape(bytes: Uint8Array, start: number, end: number, escapes: Uint8Array): void {
    this.#reserve((end - start) * ESCAPED_MAX)
    const out = this.#bytes
    let at = this.#length
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      const form = escapes[byte] as number
      if (form === PLAIN) {
        out[at++] = byte
        continue
      }
      out[at++] = BACKSLASH
      if (form !== AS_HEX) {
        out[at++] = form
        continue
      }
      out[at++] = LETTER_X
      out[at++] = HEX_CODES[byte >> 4] as number
      out[at++] = HEX_CODES[byte & 15] as number
    }
    this.#length = at
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
