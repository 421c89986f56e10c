import type { Digest } from '@composefs/fsverity'
import type { TarEntry } from './entry.ts'
import { TarReader } from './reader.ts'

/** Where the parts of a layer go. All calls are synchronous, and no data is valid after its call. */
export interface LayerSink {
  /** Next bytes that stay in the stream of the layer. */
  inline(data: Uint8Array): void
  /**
   * A content of more than 64 bytes, whole.
   *
   * @param path of its entry
   */
  object(content: Uint8Array, path: Uint8Array): Digest
  /** A content that comes in pieces. */
  openObject(path: Uint8Array): ObjectPieces
  /** The object stands here in the stream. */
  external(digest: Digest, size: number): void
  /** The next entry, when all of its content has been given. */
  entry(entry: TarEntry): void
}

/** A content on its way into an object. */
export interface ObjectPieces {
  /** Takes the next bytes of the content. */
  write(data: Uint8Array): void
  /** The content is complete: gives the digest of the object that it became. */
  finish(): Digest
  /** The content will never be complete. */
  abort(): void
}

/**
 * Contents up to this size that two chunks share are put together in memory, in bytes: most files are smaller, and an
 * object that is there already is then never written.
 */
const GATHER_MAX = 256 * 1024

const NO_PATH = new Uint8Array(0)

/**
 * Splits a tar that is pushed in chunks of any size: all bytes reach the sink, in order, as inline data or as objects.
 * Holds at most one content of GATHER_MAX bytes beside what the reader holds.
 */
export class LayerSplitter {
  readonly #sink: LayerSink
  readonly #reader: TarReader
  #gathering = new Uint8Array(0)
  #pieces: ObjectPieces | undefined
  /** Bytes of the current content that earlier chunks had. */
  #contentRead = 0

  constructor(sink: LayerSink) {
    this.#sink = sink
    this.#reader = new TarReader({ onEntry: entry => sink.entry(entry) })
  }

  /**
   * Takes the next bytes of the tar. After an error the splitter is of no more use.
   *
   * @throws OciError ERR_OCI_TAR_*, and whatever the sink throws
   */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      const size = this.#reader.objectSize
      if (size !== undefined) {
        at = this.#takeContent(chunk, at, size)
        continue
      }
      const end = this.#reader.push(chunk, at)
      this.#sink.inline(chunk.subarray(at, end))
      at = end
    }
  }

  /**
   * Says that the tar ends here.
   *
   * @throws OciError ERR_OCI_TAR_TRUNCATED, ERR_OCI_TAR_ORPHAN_EXTENSION
   */
  finish(): void {
    this.#reader.finish()
  }

  /** True between the first and the last byte of a header, extension, small content or padding. */
  get isInsidePiece(): boolean {
    return this.#reader.isInsidePiece
  }

  /** Lets go of an object that is not complete. */
  abort(): void {
    this.#pieces?.abort()
    this.#pieces = undefined
  }

  #takeContent(chunk: Uint8Array, at: number, size: number): number {
    const end = Math.min(chunk.length, at + size - this.#contentRead)
    const piece = chunk.subarray(at, end)
    if (piece.length === size) this.#complete(this.#object(piece), size)
    else if (size <= GATHER_MAX) this.#gather(piece, size)
    else this.#write(piece, size)
    return end
  }

  #gather(piece: Uint8Array, size: number): void {
    if (this.#gathering.length < size) this.#gathering = new Uint8Array(GATHER_MAX)
    this.#gathering.set(piece, this.#contentRead)
    this.#contentRead += piece.length
    if (this.#contentRead < size) return
    this.#complete(this.#object(this.#gathering.subarray(0, size)), size)
  }

  #write(piece: Uint8Array, size: number): void {
    this.#pieces ??= this.#sink.openObject(this.#path)
    this.#pieces.write(piece)
    this.#contentRead += piece.length
    if (this.#contentRead < size) return
    const digest = this.#pieces.finish()
    this.#pieces = undefined
    this.#complete(digest, size)
  }

  #object(content: Uint8Array): Digest {
    return this.#sink.object(content, this.#path)
  }

  get #path(): Uint8Array {
    return this.#reader.contentPath ?? NO_PATH
  }

  #complete(digest: Digest, size: number): void {
    this.#contentRead = 0
    this.#sink.external(digest, size)
    this.#reader.completeObject(digest)
  }
}
