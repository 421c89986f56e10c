import { type Algorithm, type Digest, DigestSet, LOG_BLOCK_SIZE } from '@composefs/fsverity'
import type { ZstdCodec, ZstdCompressor } from './codec.ts'
import { SplitstreamError } from './errors.ts'
import {
  CHUNK_HEAD_SIZE,
  encodeContentType,
  Header,
  Info,
  NAMED_REFERENCE_SIZE_MAX,
  NAMED_REFERENCES_MAX,
  REFERENCES_SIZE_MAX,
  SPLITSTREAM_MAGIC,
  SPLITSTREAM_VERSION,
  STREAM_RATIO_MAX,
  STREAM_SIZE_FREE,
} from './format.ts'
import { encodeNamedReferences } from './named-references.ts'

/** How to write a splitstream. */
export interface SplitstreamWriterOptions {
  readonly algorithm: Algorithm
  /** Eight characters, or none: CONTENT_TYPES. */
  readonly contentType: string
  readonly zstd: ZstdCodec
}

/**
 * Inline bytes after which {@link SplitstreamWriter.allowBreak} ends a chunk. Far above the inline runs of ordinary
 * layers, where the bytes of a stream stay those of cfsctl, which never ends one.
 */
export const INLINE_CHUNK_TARGET: number = 64 * 1024 * 1024

/** Most compressed bytes a writer collects: the headers of more than five million files. */
export const COMPRESSED_SIZE_MAX: number = 512 * 1024 * 1024

/** Whatever the characters are and the index is, the record fits. */
const NAME_LENGTH_MAX = Math.floor(NAMED_REFERENCE_SIZE_MAX / 4)

/**
 * Makes a splitstream: inline bytes and objects in the order of the file they reproduce, compressed while they come.
 * In memory are the references, the current inline chunk (its length stands before it) and the compressed stream.
 *
 * Every object that is named must have been stored before the finished stream is.
 *
 * @example
 * const writer = new SplitstreamWriter({ algorithm: SHA256, contentType: CONTENT_TYPES.layer, zstd: nodeZstd })
 * writer.writeInline(header)
 * writer.writeExternal(digest, 65)
 * const bytes = await writer.finish()
 */
export class SplitstreamWriter {
  readonly algorithm: Algorithm
  readonly contentType: string
  readonly #zstd: ZstdCodec
  readonly #compressor: ZstdCompressor
  readonly #streamReferences: DigestSet
  readonly #objectReferences: DigestSet
  readonly #named = new Map<string, number>()
  #inline = new Uint8Array(4096)
  readonly #head = new Uint8Array(CHUNK_HEAD_SIZE)
  readonly #headView = new DataView(this.#head.buffer)
  #inlineLength = 0
  #size = 0
  #inlineSize = 0
  /** Bytes that went to the compressor. */
  #streamSize = 0
  #finished = false

  /** @throws RangeError for a bad content type */
  constructor(options: SplitstreamWriterOptions) {
    encodeContentType(options.contentType)
    this.algorithm = options.algorithm
    this.#streamReferences = new DigestSet(options.algorithm)
    this.#objectReferences = new DigestSet(options.algorithm)
    this.contentType = options.contentType
    this.#zstd = options.zstd
    this.#compressor = options.zstd.createCompressor()
  }

  /** Bytes of the reproduced file so far. */
  get size(): number {
    return this.#size
  }

  /** Those of them that are in the stream itself. */
  get inlineSize(): number {
    return this.#inlineSize
  }

  /** Distinct objects so far. */
  get objectCount(): number {
    return this.#objectReferences.size
  }

  /** Keeps another stream or an image alive. */
  addReference(digest: Digest): void {
    this.#assertOpen()
    this.#refer(this.#streamReferences, digest)
  }

  /**
   * Keeps another stream or an image alive under a name. A name given twice is the later digest's, as when reading.
   *
   * @throws RangeError for a name with a zero byte or a lone surrogate
   * @throws SplitstreamError ERR_SPLITSTREAM_TOO_LARGE for more or longer names than a reader takes
   */
  addNamedReference(name: string, digest: Digest): void {
    this.#assertOpen()
    if (name.includes('\0') || !name.isWellFormed()) {
      throw new RangeError(`the reference name ${JSON.stringify(name)}`)
    }
    if (name.length > NAME_LENGTH_MAX)
      throw tooLarge(`a reference name of ${name.length} characters`)
    if (this.#named.size >= NAMED_REFERENCES_MAX && !this.#named.has(name)) {
      throw tooLarge(`more than ${NAMED_REFERENCES_MAX} named references`)
    }
    this.#named.set(name, this.#refer(this.#streamReferences, digest))
  }

  /** Appends a copy of `data`. Neighbouring inline data become one chunk. */
  writeInline(data: Uint8Array): void {
    this.#assertOpen()
    const end = this.#inlineLength + data.length
    if (end > this.#inline.length) {
      const grown = new Uint8Array(Math.max(end, this.#inline.length * 2))
      grown.set(this.#inline.subarray(0, this.#inlineLength))
      this.#inline = grown
    }
    this.#inline.set(data, this.#inlineLength)
    this.#inlineLength = end
    this.#size += data.length
    this.#inlineSize += data.length
  }

  /** Appends an object of `size` bytes. */
  writeExternal(digest: Digest, size: number): void {
    this.#assertOpen()
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`an object of ${size} bytes`)
    this.#flushInline()
    this.#writeChunkHead(this.#refer(this.#objectReferences, digest))
    this.#size += size
  }

  /**
   * Lets a new inline chunk begin here if the current one has become very long. To be called only where no reader asks
   * for one piece that goes across: between the entries of a layer, and anywhere behind its end marker.
   */
  allowBreak(): void {
    if (this.#inlineLength >= INLINE_CHUNK_TARGET) this.#flushInline()
  }

  /**
   * Waits for the compressor, so that a fast source does not fill the memory. Cheap when there is nothing to wait for.
   *
   * @throws SplitstreamError ERR_SPLITSTREAM_TOO_LARGE as {@link finish}, as soon as it is known
   */
  async drain(): Promise<void> {
    this.#assertReadable(this.#compressor.compressedSize)
    await this.#compressor.drain()
  }

  /**
   * The finished file. The writer cannot be used afterwards.
   *
   * @throws SplitstreamError ERR_SPLITSTREAM_TOO_LARGE above COMPRESSED_SIZE_MAX, and for what no reader takes: more
   *   names than NAMED_REFERENCES_MAX, references of more than REFERENCES_SIZE_MAX bytes, inline data that compress better than those of any real file
   */
  async finish(): Promise<Uint8Array<ArrayBuffer>> {
    this.#assertOpen()
    this.#flushInline()
    this.#finished = true
    const stream = await this.#compressor.finish()
    this.#assertReadable(stream.length)
    return this.#assemble(await this.#compressNames(), stream)
  }

  /** Gives the stream up and frees what the compressor holds. No effect after finish(). */
  abort(): void {
    if (this.#finished) return
    this.#finished = true
    this.#compressor.abort()
  }

  #flushInline(): void {
    if (this.#inlineLength === 0) return
    this.#writeChunkHead(-this.#inlineLength)
    this.#compressor.write(this.#inline.subarray(0, this.#inlineLength))
    this.#streamSize += this.#inlineLength
    this.#inlineLength = 0
  }

  /** @param value the index of a reference, or the length of inline data, negative */
  #writeChunkHead(value: number): void {
    // As setBigInt64 would, without a BigInt for each file.
    this.#headView.setInt32(0, value | 0, true)
    this.#headView.setInt32(4, Math.floor(value / 2 ** 32), true)
    this.#compressor.write(this.#head)
    this.#streamSize += CHUNK_HEAD_SIZE
  }

  #assertReadable(compressedSize: number): void {
    if (compressedSize > COMPRESSED_SIZE_MAX) {
      throw tooLarge(`more than ${COMPRESSED_SIZE_MAX} compressed bytes outside of objects`)
    }
    for (const { size } of [this.#streamReferences, this.#objectReferences]) {
      if (size * this.algorithm.digestSize > REFERENCES_SIZE_MAX) {
        throw tooLarge(`${size} references to objects or streams`)
      }
    }
    const sizeMax = STREAM_SIZE_FREE + STREAM_RATIO_MAX * compressedSize
    if (this.#streamSize > sizeMax) {
      throw tooLarge(`${this.#streamSize} bytes outside of objects that are all alike`)
    }
  }

  /** A section without names is an empty frame all the same: cfsctl refuses one of no bytes. */
  async #compressNames(): Promise<Uint8Array> {
    const names = Array.from(this.#named, ([name, index]) => ({ name, index }))
    const compressor = this.#zstd.createCompressor()
    const records = encodeNamedReferences(names)
    if (records.length > 0) compressor.write(records)
    return await compressor.finish()
  }

  #assemble(names: Uint8Array, stream: Uint8Array): Uint8Array<ArrayBuffer> {
    const digestSize = this.algorithm.digestSize
    const streamReferencesStart = Header.size + Info.size
    const objectReferencesStart = streamReferencesStart + this.#streamReferences.size * digestSize
    const namesStart = objectReferencesStart + this.#objectReferences.size * digestSize
    const streamStart = namesStart + names.length
    const end = streamStart + stream.length

    const file = new Uint8Array(end)
    const view = new DataView(file.buffer)
    Header.write(view, 0, {
      magic: SPLITSTREAM_MAGIC,
      version: SPLITSTREAM_VERSION,
      flags: 0,
      algorithm: this.algorithm.kernelId,
      logBlockSize: LOG_BLOCK_SIZE,
      infoStart: BigInt(Header.size),
      infoEnd: BigInt(Header.size + Info.size),
    })
    Info.write(view, Header.size, {
      streamReferencesStart: BigInt(streamReferencesStart),
      streamReferencesEnd: BigInt(objectReferencesStart),
      objectReferencesStart: BigInt(objectReferencesStart),
      objectReferencesEnd: BigInt(namesStart),
      namedReferencesStart: BigInt(namesStart),
      namedReferencesEnd: BigInt(streamStart),
      streamStart: BigInt(streamStart),
      streamEnd: BigInt(end),
      contentType: encodeContentType(this.contentType),
      size: BigInt(this.#size),
    })
    this.#streamReferences.copyTo(file, streamReferencesStart)
    this.#objectReferences.copyTo(file, objectReferencesStart)
    file.set(names, namesStart)
    file.set(stream, streamStart)
    return file
  }

  /** The index of a reference, which is new or was there. */
  #refer(references: DigestSet, { algorithm, bytes }: Digest): number {
    if (algorithm.kernelId === this.algorithm.kernelId) return references.intern(bytes)
    throw new TypeError(`a ${algorithm.name} digest in a ${this.algorithm.name} splitstream`)
  }

  #assertOpen(): void {
    if (this.#finished) throw new TypeError('the splitstream is finished')
  }
}

function tooLarge(what: string): SplitstreamError {
  return new SplitstreamError('ERR_SPLITSTREAM_TOO_LARGE', what)
}
