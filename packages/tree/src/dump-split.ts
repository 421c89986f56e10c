import { readObject } from './dump-object.ts'

/** Fields of a line before its xattrs. */
export const FIELD_COUNT = 11

/** Places of the fields of a line, in the order of the format. */
export const Field = {
  path: 0,
  size: 1,
  mode: 2,
  nlink: 3,
  uid: 4,
  gid: 5,
  rdev: 6,
  mtime: 7,
  payload: 8,
  content: 9,
  digest: 10,
} as const

/** What the format calls the fields. */
export const FIELD_NAMES: readonly string[] = [
  'PATH',
  'SIZE',
  'MODE',
  'NLINK',
  'UID',
  'GID',
  'RDEV',
  'MTIME',
  'PAYLOAD',
  'CONTENT',
  'DIGEST',
]

const SPACE = 0x20
const BACKSLASH = 0x5c

/** The fields of one line, as places in its buffer. It is filled again for every line. */
export class DumpFields {
  /** Where each field begins. */
  readonly start = new Int32Array(FIELD_COUNT)
  /** Where each field ends. */
  readonly end = new Int32Array(FIELD_COUNT)
  /** Fields found, at most FIELD_COUNT. */
  count = 0
  /** Bit i: field i has a backslash in it. */
  escapes = 0
  /** Where the first xattr begins; beyond the end of the line when there is none. */
  xattrs = 0
  /** PAYLOAD is the object path of DIGEST, both in lower case, CONTENT is a dash, and `digest` is read. */
  hasObject = false
  readonly digest: Uint8Array

  constructor(digestSize: number) {
    this.digest = new Uint8Array(digestSize)
  }

  /** Cuts the line `bytes[start, end)` at its spaces, up to the eleventh field. */
  split(bytes: Uint8Array, start: number, end: number): void {
    let field = 0
    let escapes = 0
    this.start[0] = start
    this.hasObject = false
    let at = start
    for (; at < end; at++) {
      const byte = bytes[at]
      if (byte === SPACE) {
        this.end[field++] = at
        if (field === FIELD_COUNT) break
        this.start[field] = at + 1
        if (field === Field.payload && readObject(bytes, at + 1, end, this.digest) >= 0) {
          this.#placeObject(at + 1)
          field = FIELD_COUNT
          at = this.end[Field.digest] as number
          break
        }
      } else if (byte === BACKSLASH) {
        escapes |= 1 << field
      }
    }
    if (field < FIELD_COUNT) this.end[field++] = end
    this.count = field
    this.escapes = escapes
    this.xattrs = at + 1
  }

  #placeObject(payload: number): void {
    const digits = this.digest.length * 2
    const content = payload + digits + 2
    this.end[Field.payload] = content - 1
    this.start[Field.content] = content
    this.end[Field.content] = content + 1
    this.start[Field.digest] = content + 2
    this.end[Field.digest] = content + 2 + digits
    this.hasObject = true
  }
}
