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

  /** Cuts the line `bytes[start, end)` at its spaces, up to the eleventh field. */
  split(bytes: Uint8Array, start: number, end: number): void {
    let field = 0
    let escapes = 0
    this.start[0] = start
    let at = start
    for (; at < end; at++) {
      const byte = bytes[at]
      if (byte === SPACE) {
        this.end[field++] = at
        if (field === FIELD_COUNT) break
        this.start[field] = at + 1
      } else if (byte === BACKSLASH) {
        escapes |= 1 << field
      }
    }
    if (field < FIELD_COUNT) this.end[field++] = end
    this.count = field
    this.escapes = escapes
    this.xattrs = at + 1
  }
}
