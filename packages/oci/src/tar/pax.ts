import { decodeUtf8, encodeUtf8, showUtf8, startsWith } from '@composefs/bytes'
import { XATTR_NAME_MAX, type Xattr } from '@composefs/tree'
import { OciError } from '../errors.ts'

/** What a pax header says of the entry after it. An empty value says nothing: the header's field counts. */
export interface PaxOverrides {
  readonly path: Uint8Array | undefined
  readonly linkPath: Uint8Array | undefined
  /** Any 64-bit number. */
  readonly size: bigint | undefined
  /** Any 32-bit number. */
  readonly uid: number | undefined
  readonly gid: number | undefined
  readonly mtime: PaxTime | undefined
  /** Of equal names the last one. */
  readonly xattrs: readonly Xattr[]
  /** The entry is sparse, in one of the ways GNU tar found. */
  readonly isSparse: boolean
}

export interface PaxTime {
  /** Any signed 64-bit number. */
  readonly seconds: bigint
  /** 0 to 999,999,999, also before 1970. */
  readonly nanoseconds: number
}

const XATTR_PREFIX = encodeUtf8('SCHILY.xattr.')
const SPARSE_PREFIX = 'GNU.sparse.'
const UINT32_MAX = 0xffff_ffff
const UINT64_MAX = (1n << 64n) - 1n
const INT64_MIN = -(1n << 63n)
const INT64_MAX = (1n << 63n) - 1n

/**
 * Reads the records of a pax header: `LENGTH KEY=VALUE` and a newline, the length counting all of it.
 *
 * Source: POSIX.1-2018, pax, "pax Extended Header". Unlike some readers we end at no bad record: what one reader
 * skips another may take for a name.
 *
 * @throws OciError ERR_OCI_TAR_BAD_PAX_RECORD, ERR_OCI_TAR_BAD_NUMBER, ERR_OCI_TAR_NUMBER_OUT_OF_RANGE,
 *   ERR_OCI_TAR_XATTR_NAME_TOO_LONG
 */
export function parsePax(data: Uint8Array): PaxOverrides {
  const overrides = new Overrides()
  let at = 0
  while (at < data.length) {
    // Some writers count the NULs of the padding into the size.
    if (data[at] === 0 && isZero(data, at)) break
    const end = recordEnd(data, at)
    const key = data.indexOf(0x20, at) + 1
    const equals = data.indexOf(0x3d, key)
    if (equals < 0 || equals >= end - 1) throw badRecord('a record without "="', at)
    if (equals === key) throw badRecord('a record without a key', at)
    if (data[end - 1] !== 0x0a) throw badRecord('a record that ends in no newline', at)
    overrides.add(data.subarray(key, equals), data.subarray(equals + 1, end - 1))
    at = end
  }
  return overrides
}

/** Where the record at `at` ends, by its length. */
function recordEnd(data: Uint8Array, at: number): number {
  let length = 0
  let i = at
  for (; data[i] !== 0x20; i++) {
    const digit = (data[i] ?? 0) - 0x30
    if (digit < 0 || digit > 9) throw badRecord('a record whose length is no number', at)
    length = length * 10 + digit
    // Stops long before the number is inexact.
    if (length > data.length) break
  }
  if (length > data.length - at) throw badRecord('a record longer than the header', at)
  // Digits, space, a key of one byte, "=" and newline.
  if (at + length < i + 4) throw badRecord('a record longer than its length', at)
  return at + length
}

class Overrides implements PaxOverrides {
  path: Uint8Array | undefined
  linkPath: Uint8Array | undefined
  size: bigint | undefined
  uid: number | undefined
  gid: number | undefined
  mtime: PaxTime | undefined
  isSparse = false
  /** By name as text of one character a byte. */
  readonly #xattrs = new Map<string, Xattr>()

  get xattrs(): readonly Xattr[] {
    return this.#xattrs.size === 0 ? [] : [...this.#xattrs.values()]
  }

  add(key: Uint8Array, value: Uint8Array): void {
    if (key.includes(0)) throw badRecord('a key with a NUL')
    if (startsWith(key, XATTR_PREFIX)) {
      this.#addXattr(key.slice(XATTR_PREFIX.length), value.slice())
      return
    }
    const name = decodeUtf8(key)
    if (name === undefined) throw badRecord('a key that is not UTF-8')
    switch (name) {
      case 'path':
        this.path = value.length === 0 ? undefined : value.slice()
        break
      case 'linkpath':
        this.linkPath = value.length === 0 ? undefined : value.slice()
        break
      case 'size':
        this.size = parseUnsigned(name, value, UINT64_MAX)
        break
      case 'uid':
        this.uid = parseOwner(name, value)
        break
      case 'gid':
        this.gid = parseOwner(name, value)
        break
      case 'mtime':
        this.mtime = parseTime(name, value)
        break
      default:
        if (name.startsWith(SPARSE_PREFIX)) this.isSparse = true
    }
  }

  #addXattr(name: Uint8Array, value: Uint8Array): void {
    if (name.length === 0) throw badRecord('an xattr without a name')
    if (name.length > XATTR_NAME_MAX) {
      throw new OciError(
        'ERR_OCI_TAR_XATTR_NAME_TOO_LONG',
        `an xattr name of ${name.length} bytes, the limit is ${XATTR_NAME_MAX}`,
        { expected: XATTR_NAME_MAX, actual: name.length },
      )
    }
    const key = String.fromCharCode(...name)
    this.#xattrs.delete(key)
    this.#xattrs.set(key, { name, value })
  }
}

function parseOwner(key: string, value: Uint8Array): number | undefined {
  const text = showUtf8(value)
  if (/^-\d+$/.test(text)) throw outOfRange(key, text)
  const number = parseUnsigned(key, value, BigInt(UINT32_MAX))
  return number === undefined ? undefined : Number(number)
}

function parseUnsigned(key: string, value: Uint8Array, max: bigint): bigint | undefined {
  if (value.length === 0) return undefined
  const text = showUtf8(value)
  if (!/^\d+$/.test(text)) throw badNumber(key, text)
  // Twenty digits hold every 64-bit number; the length is checked first, since BigInt() of a long text is slow.
  if (text.length > 20 || BigInt(text) > max) throw outOfRange(key, text)
  return BigInt(text)
}

/** Seconds and a fraction, cut (not rounded) to nanoseconds. Below zero the fraction still counts forwards. */
function parseTime(key: string, value: Uint8Array): PaxTime | undefined {
  if (value.length === 0) return undefined
  const text = showUtf8(value)
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text)
  if (match === null) throw badNumber(key, text)
  const [, sign, whole = '', fraction = ''] = match
  if (whole.length > 20) throw outOfRange(key, text)
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  const isBelow = sign === '-' && nanoseconds > 0
  const seconds = (sign === '-' ? -BigInt(whole) : BigInt(whole)) - (isBelow ? 1n : 0n)
  if (seconds < INT64_MIN || seconds > INT64_MAX) throw outOfRange(key, text)
  return { seconds, nanoseconds: isBelow ? 1_000_000_000 - nanoseconds : nanoseconds }
}

function badRecord(what: string, at?: number): OciError {
  const where = at === undefined ? '' : ` at byte ${at} of it`
  return new OciError('ERR_OCI_TAR_BAD_PAX_RECORD', `pax header with ${what}${where}`)
}

function badNumber(key: string, text: string): OciError {
  return new OciError('ERR_OCI_TAR_BAD_NUMBER', `pax ${key} is no number: ${quote(text)}`)
}

function outOfRange(key: string, text: string): OciError {
  return new OciError('ERR_OCI_TAR_NUMBER_OUT_OF_RANGE', `pax ${key} out of range: ${quote(text)}`)
}

/** The text for a message, and no more of it than one can read. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

function isZero(data: Uint8Array, from: number): boolean {
  for (let i = from; i < data.length; i++) if (data[i] !== 0) return false
  return true
}
