import { startsWith } from '@composefs/bytes'
import {
  type Algorithm,
  algorithmByKernelId,
  type Digest,
  LOG_BLOCK_SIZE,
} from '@composefs/fsverity'
import type { ByteRange, ByteSource } from './byte-source.ts'
import type { ZstdCodec } from './codec.ts'
import { DigestList } from './digest-list.ts'
import { SplitstreamError } from './errors.ts'
import {
  decodeContentType,
  Header,
  INFO_SIZE_MAX,
  Info,
  NAMED_REFERENCES_SIZE_MAX,
  OLD_MAGIC_OFFSET,
  OldHeader,
  REFERENCES_SIZE_MAX,
  SPLITSTREAM_MAGIC,
  SPLITSTREAM_VERSION,
} from './format.ts'
import { NamedReferencesParser } from './named-references.ts'
import { SplitstreamReader } from './reader.ts'

/** How to read a splitstream. */
export interface OpenSplitstreamOptions {
  /** The algorithm of the repository; a stream of another one is refused. */
  readonly algorithm: Algorithm
  readonly zstd: ZstdCodec
  /** The content type that the caller expects, where it does. */
  readonly contentType?: string
}

/**
 * Reads header, info and references of a splitstream; its content is read later, chunk by chunk.
 *
 * Nothing is allocated for a length before it has been compared with the size of the source. Old and new headers are
 * read alike.
 *
 * @throws SplitstreamError any code but BAD_CHUNK and SIZE_MISMATCH
 *
 * @example
 * const stream = await openSplitstream(memorySource(bytes), { algorithm: SHA256, zstd: nodeZstd })
 * for await (const chunk of stream.chunks()) if (chunk.kind === 'external') console.log(chunk.digest.hex)
 */
export async function openSplitstream(
  source: ByteSource,
  options: OpenSplitstreamOptions,
): Promise<SplitstreamReader> {
  const { algorithm, zstd } = options
  const infoRange = readHeader(source, algorithm)
  const info = Info.read(viewOf(source, { ...infoRange, end: infoRange.start + Info.size }), 0)
  const contentType = decodeContentType(info.contentType)
  if (options.contentType !== undefined && contentType !== options.contentType) {
    throw new SplitstreamError(
      'ERR_SPLITSTREAM_WRONG_CONTENT_TYPE',
      `a splitstream of type ${JSON.stringify(contentType)}, not ${JSON.stringify(options.contentType)}`,
      { expected: options.contentType, actual: contentType },
    )
  }
  const section = (name: string, start: bigint, end: bigint): ByteRange =>
    checkRange(source, name, start, end)
  const streamReferences = readReferences(
    source,
    algorithm,
    section('stream references', info.streamReferencesStart, info.streamReferencesEnd),
  )
  const objectReferences = readReferences(
    source,
    algorithm,
    section('object references', info.objectReferencesStart, info.objectReferencesEnd),
  )
  const named = section('named references', info.namedReferencesStart, info.namedReferencesEnd)
  const stream = section('stream', info.streamStart, info.streamEnd)
  if (info.size > BigInt(Number.MAX_SAFE_INTEGER)) {
    const message = `a stream size of ${info.size} bytes`
    throw new SplitstreamError('ERR_SPLITSTREAM_OUT_OF_RANGE', message, { actual: info.size })
  }
  return new SplitstreamReader({
    source,
    zstd,
    stream,
    contentType,
    size: Number(info.size),
    streamReferences,
    objectReferences,
    namedReferences: await readNamedReferences(named, { source, zstd, streamReferences }),
  })
}

/** Checks the head of the file and gives the range of the info section. */
function readHeader(source: ByteSource, algorithm: Algorithm): ByteRange {
  if (source.size < Header.size) {
    const message = `a splitstream of ${source.size} bytes has no header`
    throw new SplitstreamError('ERR_SPLITSTREAM_TRUNCATED', message, { actual: source.size })
  }
  const view = viewOf(source, { start: 0, end: Header.size })
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  const isNew = startsWith(bytes, SPLITSTREAM_MAGIC)
  if (!isNew && !startsWith(bytes.subarray(OLD_MAGIC_OFFSET), SPLITSTREAM_MAGIC)) {
    throw new SplitstreamError('ERR_SPLITSTREAM_BAD_MAGIC', 'not a splitstream', { offset: 0 })
  }
  const header = isNew ? Header.read(view, 0) : OldHeader.read(view, 0)
  if (header.version !== SPLITSTREAM_VERSION) {
    throw unsupported('version', SPLITSTREAM_VERSION, header.version)
  }
  if (header.algorithm !== algorithm.kernelId) {
    const found = algorithmByKernelId(header.algorithm)
    if (found === undefined) throw unsupported('algorithm', algorithm.kernelId, header.algorithm)
    throw new SplitstreamError(
      'ERR_SPLITSTREAM_WRONG_ALGORITHM',
      `a splitstream of ${found.name}, not ${algorithm.name}`,
      { expected: algorithm.name, actual: found.name },
    )
  }
  if (header.logBlockSize !== LOG_BLOCK_SIZE) {
    throw unsupported('log2 of the block size', LOG_BLOCK_SIZE, header.logBlockSize)
  }
  const info = checkRange(source, 'info', header.infoStart, header.infoEnd)
  const size = info.end - info.start
  if (size < Info.size || size > INFO_SIZE_MAX) throw badLength('info', size)
  return info
}

/** The range as numbers, if it lies inside the source. */
function checkRange(source: ByteSource, section: string, start: bigint, end: bigint): ByteRange {
  if (start <= end && end <= BigInt(source.size)) return { start: Number(start), end: Number(end) }
  throw new SplitstreamError(
    'ERR_SPLITSTREAM_OUT_OF_RANGE',
    `${section}: the range ${start} to ${end} in a file of ${source.size} bytes`,
    { section, expected: source.size, actual: { start, end } },
  )
}

function readReferences(source: ByteSource, algorithm: Algorithm, range: ByteRange): DigestList {
  const size = range.end - range.start
  if (size % algorithm.digestSize !== 0) throw badLength('references', size)
  if (size > REFERENCES_SIZE_MAX) {
    const message = `references of more than ${REFERENCES_SIZE_MAX} bytes`
    throw new SplitstreamError('ERR_SPLITSTREAM_TOO_LARGE', message, { actual: size })
  }
  return new DigestList(algorithm, source.read(range.start, size))
}

/** Sections of no bytes, which cfsctl refuses and nobody writes, are no names. */
async function readNamedReferences(
  range: ByteRange,
  from: {
    readonly source: ByteSource
    readonly zstd: ZstdCodec
    readonly streamReferences: DigestList
  },
): Promise<ReadonlyMap<string, Digest>> {
  const parser = new NamedReferencesParser(from.streamReferences)
  let size = 0
  for await (const piece of from.zstd.decompress(from.source, range)) {
    size += piece.length
    if (size > NAMED_REFERENCES_SIZE_MAX) {
      const message = `named references of more than ${NAMED_REFERENCES_SIZE_MAX} bytes`
      throw new SplitstreamError('ERR_SPLITSTREAM_TOO_LARGE', message)
    }
    parser.push(piece)
  }
  return parser.finish()
}

function viewOf(source: ByteSource, range: ByteRange): DataView {
  const bytes = source.read(range.start, range.end - range.start)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function unsupported(what: string, expected: number, actual: number): SplitstreamError {
  const message = `a splitstream with ${what} ${actual}`
  return new SplitstreamError('ERR_SPLITSTREAM_UNSUPPORTED', message, { expected, actual })
}

function badLength(section: string, size: number): SplitstreamError {
  const message = `${section}: a section of ${size} bytes`
  return new SplitstreamError('ERR_SPLITSTREAM_BAD_SECTION', message, { section, actual: size })
}
