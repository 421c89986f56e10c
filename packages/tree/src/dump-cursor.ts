import { showUtf8 } from '@composefs/bytes'
import { type Halves, parseOctal, parseSeconds, parseUint64, parseUpTo } from './dump-numbers.ts'
import { DumpFields, FIELD_NAMES, Field } from './dump-split.ts'
import { TreeError, type TreeErrorCode } from './errors.ts'
import { unescapeRange } from './escape.ts'
import { NANOSECONDS_MAX } from './limits.ts'

export const UINT32_MAX: number = 2 ** 32 - 1

const DASH = 0x2d
const DOT = 0x2e

/** Bytes of a field that an error shows. */
const SHOWN = 80

/** One line of a dump and the field of it that is being read. Errors do not know the number of the line. */
export class DumpCursor {
  bytes: Uint8Array = new Uint8Array(0)
  /** The field that is being read: an index of FIELD_NAMES, or beyond for the xattrs. */
  field = 0
  readonly fields: DumpFields
  /** The time that `time` read. */
  readonly seconds: Halves = { low: 0, high: 0 }
  nanoseconds = 0
  #scratch: Uint8Array = new Uint8Array(4096)

  constructor(digestSize: number) {
    this.fields = new DumpFields(digestSize)
  }

  /** Goes to the line `bytes[start, end)`. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.field = Field.path
    this.fields.split(bytes, start, end)
  }

  /** Where the field is: its name, and PATH as it stands in the line. */
  place(): { field: string; path: string } {
    const { start, end } = this.fields
    const path = this.bytes.subarray(start[Field.path], end[Field.path]).subarray(0, SHOWN)
    return { field: FIELD_NAMES[this.field] ?? 'xattr', path: showUtf8(path) }
  }

  get start(): number {
    return this.fields.start[this.field] as number
  }

  get end(): number {
    return this.fields.end[this.field] as number
  }

  get hasEscapes(): boolean {
    return ((this.fields.escapes >> this.field) & 1) === 1
  }

  /** True for a dash alone: "none". */
  isNone(field: number): boolean {
    this.field = field
    const { start } = this
    return this.end - start === 1 && this.bytes[start] === DASH
  }

  /** The field without its escapes, valid until the next call. Only CONTENT may hold a NUL. */
  unescaped(field: number): Uint8Array {
    this.field = field
    const { start, end } = this
    if (!this.hasEscapes) return this.bytes.subarray(start, end)
    if (this.#scratch.length < end - start) this.#scratch = new Uint8Array((end - start) * 2)
    const length = unescapeRange(this.bytes, start, end, this.#scratch, 0)
    if (length < 0) this.fail('ERR_TREE_DUMP_SYNTAX', 'an escape that is unknown or cut off')
    const result = this.#scratch.subarray(0, length)
    if (field !== Field.content && result.includes(0)) {
      this.fail('ERR_TREE_DUMP_SYNTAX', 'an escaped NUL')
    }
    return result
  }

  /** A decimal number up to 10^15. */
  number(field: number, max: number): number {
    this.field = field
    const value = parseUpTo(this.bytes, this.start, this.end, max)
    if (value < 0) this.fail('ERR_TREE_DUMP_SYNTAX', `not a decimal number up to ${max}`)
    return value
  }

  /** A decimal number of 64 bits; BEYOND_SAFE above 2^53. */
  uint64(field: number): number {
    this.field = field
    const value = parseUint64(this.bytes, this.start, this.end)
    if (value < 0) this.fail('ERR_TREE_DUMP_SYNTAX', 'not a decimal number of 64 bits')
    return value
  }

  /** The octal number of MODE after `skip` bytes. */
  mode(skip: number): number {
    this.field = Field.mode
    const mode = parseOctal(this.bytes, this.start + skip, this.end)
    if (mode < 0) this.fail('ERR_TREE_DUMP_SYNTAX', 'not an octal number')
    return mode
  }

  /** MTIME, into `seconds` and `nanoseconds`. */
  time(): void {
    this.field = Field.mtime
    const { bytes, start, end } = this
    let dot = start
    while (dot < end && bytes[dot] !== DOT) dot++
    if (dot === end) this.fail('ERR_TREE_DUMP_SYNTAX', 'a time without a dot')
    if (!parseSeconds(bytes, start, dot, this.seconds)) {
      this.fail('ERR_TREE_DUMP_SYNTAX', 'seconds that are no number of 64 bits')
    }
    this.nanoseconds = parseUpTo(bytes, dot + 1, end, NANOSECONDS_MAX)
    if (this.nanoseconds < 0) {
      this.fail('ERR_TREE_DUMP_SYNTAX', `nanoseconds that are no number up to ${NANOSECONDS_MAX}`)
    }
  }

  fail(code: TreeErrorCode, message: string): never {
    const text = showUtf8(this.bytes.subarray(this.start, this.end).subarray(0, SHOWN))
    throw new TreeError(code, `${message}: ${text}`, { actual: text })
  }
}
