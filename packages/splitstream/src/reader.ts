import { concatBytes } from '@composefs/bytes'
import type { Digest } from '@composefs/fsverity'
import type { ByteRange, ByteSource } from './byte-source.ts'
import type { ZstdCodec } from './codec.ts'
import type { DigestList } from './digest-list.ts'
import { SplitstreamError } from './errors.ts'
import { CHUNK_HEAD_SIZE, STREAM_RATIO_MAX, STREAM_SIZE_FREE } from './format.ts'

/** A part of the reproduced file. */
export type SplitstreamChunk =
  | {
      readonly kind: 'inline'
      /** Never empty; new memory, for the caller to keep. */
      readonly data: Uint8Array
      /** False for the further pieces of one chunk of the file. */
      readonly startsChunk: boolean
    }
  | { readonly kind: 'external'; readonly digest: Digest }

/** What {@link SplitstreamReader.chunks} needs in order to check more. */
export interface ChunksOptions {
  /** Size of an object in bytes. With it the whole length is checked against the stream size. */
  objectSize?(digest: Digest): number
}

/** What openSplitstream found. */
export interface SplitstreamParts {
  readonly source: ByteSource
  readonly zstd: ZstdCodec
  readonly stream: ByteRange
  readonly contentType: string
  readonly size: number
  readonly streamReferences: DigestList
  readonly objectReferences: DigestList
  readonly namedReferences: ReadonlyMap<string, Digest>
}

/** An open splitstream. It holds no resources of its own: the source is the caller's to close. */
export class SplitstreamReader {
  readonly #source: ByteSource
  readonly #zstd: ZstdCodec
  readonly #stream: ByteRange
  /** Eight characters, or none. */
  readonly contentType: string
  /** What the header says of the length of the reproduced file in bytes; true only after a full read. */
  readonly size: number
  /** Other streams and images that this one keeps alive, in the order in which they were added. */
  readonly streamReferences: DigestList
  /** The objects of the external chunks, and perhaps more. */
  readonly objectReferences: DigestList
  /** Names of stream references. */
  readonly namedReferences: ReadonlyMap<string, Digest>

  /** For {@link openSplitstream}. */
  constructor(parts: SplitstreamParts) {
    this.#source = parts.source
    this.#zstd = parts.zstd
    this.#stream = parts.stream
    this.contentType = parts.contentType
    this.size = parts.size
    this.streamReferences = parts.streamReferences
    this.objectReferences = parts.objectReferences
    this.namedReferences = parts.namedReferences
  }

  /**
   * Yields the chunks in order; long inline chunks come in pieces, as they are decompressed. Each call reads from the
   * start again.
   *
   * @throws SplitstreamError TRUNCATED, BAD_ZSTD, BAD_CHUNK; SIZE_MISMATCH as soon as the chunks exceed the stream
   *   size, and with `objectSize` also at the end; TOO_LARGE when the stream decompresses to more than any real one
   */
  async *chunks(options: ChunksOptions = {}): AsyncGenerator<SplitstreamChunk> {
    let produced = 0
    /** Position in the decompressed stream, for errors. */
    let offset = 0
    let inlineLeft = 0
    let startsChunk = false
    /** The first bytes of a chunk head that two pieces share. */
    let cut = new Uint8Array(0)
    const sizeMax = STREAM_SIZE_FREE + STREAM_RATIO_MAX * (this.#stream.end - this.#stream.start)
    for await (const piece of this.#zstd.decompress(this.#source, this.#stream)) {
      if (offset + piece.length > sizeMax) throw tooLarge(sizeMax)
      const data = cut.length === 0 ? piece : concatBytes([cut, piece])
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
      let at = 0
      while (at < data.length) {
        if (inlineLeft > 0) {
          const end = Math.min(at + inlineLeft, data.length)
          yield { kind: 'inline', data: data.subarray(at, end), startsChunk }
          inlineLeft -= end - at
          startsChunk = false
          at = end
          continue
        }
        if (data.length - at < CHUNK_HEAD_SIZE) break
        const head = view.getBigInt64(at, true)
        if (head < 0n) {
          inlineLeft = this.#add(produced, -head)
          produced += inlineLeft
          startsChunk = true
        } else {
          const digest = this.#objectReference(head, offset + at)
          if (options.objectSize !== undefined) {
            produced += this.#add(produced, BigInt(options.objectSize(digest)))
          }
          yield { kind: 'external', digest }
        }
        at += CHUNK_HEAD_SIZE
      }
      offset += at
      cut = data.slice(at)
    }
    if (cut.length > 0 || inlineLeft > 0) {
      const message = `the stream ends inside a chunk at byte ${offset + cut.length}`
      throw new SplitstreamError('ERR_SPLITSTREAM_TRUNCATED', message, {
        offset: offset + cut.length,
      })
    }
    if (options.objectSize !== undefined) this.#checkEnd(produced)
  }

  /**
   * Yields the reproduced file in pieces; objects come from `readObject`.
   *
   * @throws SplitstreamError as {@link chunks}, SIZE_MISMATCH instead of more or fewer bytes than the stream size
   */
  async *cat(
    readObject: (digest: Digest) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    let produced = 0
    for await (const chunk of this.chunks()) {
      if (chunk.kind === 'inline') {
        produced += this.#add(produced, BigInt(chunk.data.length))
        yield chunk.data
        continue
      }
      for await (const data of readObject(chunk.digest)) {
        produced += this.#add(produced, BigInt(data.length))
        yield data
      }
    }
    this.#checkEnd(produced)
  }

  #objectReference(index: bigint, offset: number): Digest {
    const digest = this.objectReferences.at(Number(index))
    if (digest !== undefined) return digest
    throw new SplitstreamError(
      'ERR_SPLITSTREAM_BAD_CHUNK',
      `a chunk names object ${index} of ${this.objectReferences.length}`,
      { section: 'stream', offset, actual: index, expected: this.objectReferences.length },
    )
  }

  /** `length` as a number, if that much still fits into the stream size. */
  #add(produced: number, length: bigint): number {
    if (length <= BigInt(this.size - produced)) return Number(length)
    throw new SplitstreamError(
      'ERR_SPLITSTREAM_SIZE_MISMATCH',
      `the chunks hold more than the ${this.size} bytes of the stream size`,
      { expected: this.size, actual: BigInt(produced) + length },
    )
  }

  #checkEnd(produced: number): void {
    if (produced === this.size) return
    throw new SplitstreamError(
      'ERR_SPLITSTREAM_SIZE_MISMATCH',
      `the chunks hold ${produced} bytes, not the ${this.size} of the stream size`,
      { expected: this.size, actual: produced },
    )
  }
}

function tooLarge(sizeMax: number): SplitstreamError {
  const message = `a stream that decompresses to more than ${sizeMax} bytes`
  return new SplitstreamError('ERR_SPLITSTREAM_TOO_LARGE', message, { expected: sizeMax })
}
