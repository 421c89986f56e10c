import { compareBytes, decodeUtf8, encodeUtf8 } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { DigestList } from './digest-list.ts'
import { SplitstreamError } from './errors.ts'

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
 * Reads the records. Of two with the same name the later one counts. The name begins behind the first colon and may
 * hold more of them.
 *
 * @throws SplitstreamError ERR_SPLITSTREAM_BAD_NAMED_REFERENCE
 */
export function parseNamedReferences(
  records: Uint8Array,
  streamReferences: DigestList,
): Map<string, Digest> {
  const named = new Map<string, Digest>()
  let start = 0
  while (start < records.length) {
    const end = records.indexOf(0, start)
    if (end < 0) throw bad('the last record has no end', start)
    const colon = records.indexOf(COLON, start)
    if (colon < 0 || colon > end) throw bad('a record without colon', start)
    const digest = streamReferences.at(parseIndex(records, start, colon))
    if (digest === undefined) throw bad('an index beyond the stream references', start)
    const name = decodeUtf8(records.subarray(colon + 1, end))
    if (name === undefined) throw bad('a name that is not UTF-8', start)
    named.set(name, digest)
    start = end + 1
  }
  return named
}

/** Decimal digits, leading zeros allowed as in cfsctl. */
function parseIndex(records: Uint8Array, start: number, end: number): number {
  if (start === end) throw bad('a record without index', start)
  let index = 0
  for (let at = start; at < end; at++) {
    const digit = (records[at] as number) - 0x30
    if (digit < 0 || digit > 9) throw bad('an index that is no decimal number', start)
    index = index * 10 + digit
  }
  return index
}

function bad(what: string, offset: number): SplitstreamError {
  const message = `named references: ${what} at byte ${offset}`
  const facts = { section: 'named references', offset }
  return new SplitstreamError('ERR_SPLITSTREAM_BAD_NAMED_REFERENCE', message, facts)
}
