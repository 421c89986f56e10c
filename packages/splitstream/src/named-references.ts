import { compareBytes, decodeUtf8, encodeUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { DigestList } from './digest-list.ts'
import { SplitstreamError } from './errors.ts'
import { NAMED_REFERENCE_SIZE_MAX, NAMED_REFERENCES_MAX } from './format.ts'

const COLON = 0x3a

/** An index into the stream references and the name it is known by. */
export interface NamedReference {
  readonly name: string
  readonly index: number
}

/**
 * The records of the named references section, uncompressed: `INDEX:NAME` and a zero byte each, names in byte order.
 */
export function encodeNamedReferences(references: readonly NamedReference[]): Uint8Array {
  const records = references
    .map(({ name, index }) => ({ name: encodeUtf8(name), index }))
    .sort((a, b) => compareBytes(a.name, b.name))
    .map(({ name, index }) => ({ name, index: encodeUtf8(`${index}:`) }))
  const size = records.reduce((sum, { name, index }) => sum + index.length + name.length + 1, 0)
  const out = new Uint8Array(size)
  let at = 0
  for (const { name, index } of records) {
    out.set(index, at)
    out.set(name, at + index.length)
    at += index.length + name.length + 1
  }
  return out
}

/**
 * Reads the records as they are decompressed: of the section no more is in memory than one record and what is kept. Of
 * two records with the same name the later one counts. The name begins behind the first colon and may hold more of
 * them.
 */
export class NamedReferencesParser {
  readonly #streamReferences: DigestList
  readonly #named = new Map<string, Digest>()
  /** The beginning of a record whose end has not come yet. */
  #carry = new Uint8Array(256)
  #carried = 0
  #records = 0
  /** Where the record at hand begins in the section. */
  #offset = 0

  constructor(streamReferences: DigestList) {
    this.#streamReferences = streamReferences
  }

  /** @throws SplitstreamError ERR_SPLITSTREAM_BAD_NAMED_REFERENCE, ERR_SPLITSTREAM_TOO_LARGE */
  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const end = piece.indexOf(0, at)
      const part = piece.subarray(at, end < 0 ? piece.length : end)
      if (end < 0) {
        this.#keep(part)
        return
      }
      if (this.#carried === 0) {
        this.#add(part)
      } else {
        this.#keep(part)
        this.#add(this.#carry.subarray(0, this.#carried))
        this.#carried = 0
      }
      at = end + 1
    }
  }

  /**
   * The references by name, after the last piece.
   *
   * @throws SplitstreamError ERR_SPLITSTREAM_BAD_NAMED_REFERENCE
   */
  finish(): Map<string, Digest> {
    if (this.#carried > 0) throw bad('the last record has no end', this.#offset)
    return this.#named
  }

  #add(record: Uint8Array): void {
    if (record.length > NAMED_REFERENCE_SIZE_MAX) throw tooLong(this.#offset)
    this.#records += 1
    if (this.#records > NAMED_REFERENCES_MAX) throw tooMany()
    const colon = record.indexOf(COLON)
    if (colon < 0) throw bad('a record without colon', this.#offset)
    const index = parseIndex(record.subarray(0, colon), this.#offset)
    const digest = this.#streamReferences.at(index)
    if (digest === undefined) throw bad('an index beyond the stream references', this.#offset)
    const name = decodeUtf8(record.subarray(colon + 1))
    if (name === undefined) throw bad('a name that is not UTF-8', this.#offset)
    this.#named.set(name, digest)
    this.#offset += record.length + 1
  }

  #keep(part: Uint8Array): void {
    const length = this.#carried + part.length
    if (length > NAMED_REFERENCE_SIZE_MAX) throw tooLong(this.#offset)
    if (length > this.#carry.length) {
      // Doubled, so that a record that comes byte by byte is not copied for each of them.
      const grown = new Uint8Array(Math.max(length, 2 * this.#carry.length))
      grown.set(this.#carry.subarray(0, this.#carried))
      this.#carry = grown
    }
    this.#carry.set(part, this.#carried)
    this.#carried = length
  }
}

/** Decimal digits, leading zeros allowed as in cfsctl. */
function parseIndex(digits: Uint8Array, offset: number): number {
  if (digits.length === 0) throw bad('a record without index', offset)
  let index = 0
  for (const byte of digits) {
    const digit = byte - 0x30
    if (digit < 0 || digit > 9) throw bad('an index that is no decimal number', offset)
    index = index * 10 + digit
  }
  return index
}

function bad(what: string, offset: number): SplitstreamError {
  const message = `named references: ${what} at byte ${offset}`
  const facts = { section: 'named references', offset }
  return new SplitstreamError('ERR_SPLITSTREAM_BAD_NAMED_REFERENCE', message, facts)
}

function tooLong(offset: number): SplitstreamError {
  const message = `a named reference of more than ${NAMED_REFERENCE_SIZE_MAX} bytes at byte ${offset}`
  return new SplitstreamError('ERR_SPLITSTREAM_TOO_LARGE', message, { offset })
}

function tooMany(): SplitstreamError {
  const message = `more than ${NAMED_REFERENCES_MAX} named references`
  return new SplitstreamError('ERR_SPLITSTREAM_TOO_LARGE', message)
}
