import { zstdDecompressSync } from 'node:zlib'
import {
  Header,
  Info,
  OldHeader,
  SPLITSTREAM_MAGIC,
} from '../../../packages/splitstream/src/format.ts'
import { CONTENT_TYPES } from '../../../packages/splitstream/src/index.ts'
import type { Random } from '../random.ts'
import { INPUT_MAX } from '../target.ts'
import { mutateBytes } from './bytes.ts'
import { INTERESTING } from './interesting.ts'
import { mutateRow } from './rows.ts'
import { compressSomehow } from './zstd.ts'

const PLAIN_SIZE_MAX = 1 << 20
const HEAD = 8

/** A splitstream taken apart, so that its parts can be changed and put together again. */
interface Parts {
  algorithm: number
  contentType: Uint8Array
  size: bigint
  streamReferences: Uint8Array[]
  objectReferences: Uint8Array[]
  named: Uint8Array[]
  chunks: Uint8Array[]
}

/** Changes the parts of a splitstream and writes it with ranges that are right, but for one time in ten. */
export function mutateSplitstream(
  input: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array | undefined {
  const parts = takeApart(input)
  if (parts === undefined) return undefined
  const foreign = others.length > 0 ? takeApart(random.pick(others)) : undefined
  const changes = 1 << random.below(3)
  for (let i = 0; i < changes; i++) mutateParts(parts, random, foreign)
  if (random.oneIn(2)) parts.size = contentSize(parts)
  return putTogether(parts, random).subarray(0, INPUT_MAX)
}

function takeApart(input: Uint8Array): Parts | undefined {
  try {
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
    const isNew = Buffer.from(input.subarray(0, SPLITSTREAM_MAGIC.length)).equals(SPLITSTREAM_MAGIC)
    const header = isNew ? Header.read(view, 0) : OldHeader.read(view, 0)
    const info = Info.read(view, Number(header.infoStart))
    const size = header.algorithm === 2 ? 64 : 32
    const section = (start: bigint, end: bigint) => input.subarray(Number(start), Number(end))
    return {
      algorithm: header.algorithm,
      contentType: info.contentType,
      size: info.size,
      streamReferences: cut(section(info.streamReferencesStart, info.streamReferencesEnd), size),
      objectReferences: cut(section(info.objectReferencesStart, info.objectReferencesEnd), size),
      named: records(decompress(section(info.namedReferencesStart, info.namedReferencesEnd))),
      chunks: chunks(decompress(section(info.streamStart, info.streamEnd))),
    }
  } catch {
    // Too broken to be changed in a clever way.
    return undefined
  }
}

function mutateParts(parts: Parts, random: Random, foreign: Parts | undefined): void {
  switch (random.below(9)) {
    case 0:
      mutateRow(parts.streamReferences, random, foreign?.streamReferences ?? [])
      break
    case 1:
      mutateRow(parts.objectReferences, random, foreign?.objectReferences ?? [])
      break
    case 2:
      mutateRow(parts.named, random, foreign?.named ?? [])
      break
    case 3:
      parts.named.splice(random.below(parts.named.length + 1), 0, randomRecord(random))
      break
    case 4:
      mutateRow(parts.chunks, random, foreign?.chunks ?? [])
      break
    case 5: {
      const at = random.below(parts.chunks.length + 1)
      parts.chunks.splice(at, random.below(2), randomChunk(parts, random))
      break
    }
    case 6: {
      const at = random.below(parts.chunks.length)
      const chunk = parts.chunks[at]
      if (chunk === undefined || chunk.length === HEAD) break
      const data = mutateBytes(chunk.subarray(HEAD), random, { dictionary: [], others: [] })
      if (data.length > 0) parts.chunks[at] = inlineChunk(data)
      break
    }
    case 7:
      parts.size = random.pick(INTERESTING)
      break
    default:
      parts.contentType = Buffer.from(
        random.pick([...Object.values(CONTENT_TYPES), 'unknown!']).padEnd(8, '\0'),
      )
  }
}

function randomRecord(random: Random): Uint8Array {
  const index = random.pick([
    '0',
    '1',
    '00',
    '',
    '-1',
    ' 0',
    '+0',
    random.pick(INTERESTING).toString(),
  ])
  const name = random.pick([
    'a',
    'config:sha256:x',
    '',
    'é',
    '\xff',
    'n'.repeat(1 << random.below(16)),
  ])
  const text = random.oneIn(12) ? name : `${index}:${name}`
  return Buffer.from(text, random.oneIn(2) ? 'latin1' : 'utf8')
}

/** An object, an inline chunk of zeros, or a head that lies. */
function randomChunk(parts: Parts, random: Random): Uint8Array {
  const head = Buffer.alloc(HEAD)
  switch (random.below(4)) {
    case 0:
      head.writeBigInt64LE(BigInt(random.below(parts.objectReferences.length + 1)))
      return head
    case 1:
      head.writeBigUInt64LE(random.pick(INTERESTING))
      return head
    case 2:
      head.writeBigInt64LE(BigInt.asIntN(64, -random.pick(INTERESTING)))
      return head
    default:
      return inlineChunk(new Uint8Array(1 + random.below(1 << random.below(18))))
  }
}

function inlineChunk(data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(HEAD + data.length)
  chunk.writeBigInt64LE(BigInt(-data.length))
  chunk.set(data, HEAD)
  return chunk
}

/** Bytes of the inline chunks; objects are taken for 65 bytes, as the target gives them. */
function contentSize({ chunks: list }: Parts): bigint {
  return list.reduce(
    (sum, chunk) => sum + BigInt(chunk.length > HEAD ? chunk.length - HEAD : 65),
    0n,
  )
}

function putTogether(parts: Parts, random: Random): Uint8Array {
  const named = Buffer.concat(parts.named.flatMap(record => [record, Uint8Array.of(0)]))
  const sections = [
    Buffer.concat(parts.streamReferences),
    Buffer.concat(parts.objectReferences),
    compressSomehow(named, random),
    compressSomehow(Buffer.concat(parts.chunks), random),
  ]
  const infoSize = random.oneIn(10) ? random.pick([0, 79, 81, 4096, 65536, 65537]) : Info.size
  let at = Header.size + Math.max(infoSize, Info.size)
  const ranges = sections.map(section => {
    const range = { start: BigInt(at), end: BigInt(at + section.length) }
    at += section.length
    return random.oneIn(40) ? { ...range, end: random.pick(INTERESTING) } : range
  })
  const out = new Uint8Array(at)
  const view = new DataView(out.buffer)
  const head = {
    ...{ version: random.oneIn(60) ? 1 : 0, flags: random.below(4), logBlockSize: 12 },
    ...{ magic: SPLITSTREAM_MAGIC, algorithm: parts.algorithm },
    ...{ infoStart: BigInt(Header.size), infoEnd: BigInt(Header.size + infoSize) },
  }
  if (random.oneIn(4)) OldHeader.write(view, 0, head)
  else Header.write(view, 0, head)
  const [streams, objects, names, stream] = ranges as [Range, Range, Range, Range]
  Info.write(view, Header.size, {
    ...{ streamReferencesStart: streams.start, streamReferencesEnd: streams.end },
    ...{ objectReferencesStart: objects.start, objectReferencesEnd: objects.end },
    ...{ namedReferencesStart: names.start, namedReferencesEnd: names.end },
    ...{ streamStart: stream.start, streamEnd: stream.end },
    contentType: parts.contentType,
    size: parts.size,
  })
  let offset = Header.size + Math.max(infoSize, Info.size)
  for (const section of sections) {
    out.set(section, offset)
    offset += section.length
  }
  return out
}

interface Range {
  readonly start: bigint
  readonly end: bigint
}

function decompress(bytes: Uint8Array): Uint8Array {
  return zstdDecompressSync(bytes, { maxOutputLength: PLAIN_SIZE_MAX })
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at + size <= bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

function records(bytes: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at)
    list.push(bytes.subarray(at, end < 0 ? bytes.length : end))
    at = end < 0 ? bytes.length : end + 1
  }
  return list
}

function chunks(bytes: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const head = view.getBigInt64(at, true)
    const end = head < 0n ? Math.min(at + HEAD + Number(-head), bytes.length) : at + HEAD
    list.push(bytes.subarray(at, end))
    at = end
  }
  return list
}
