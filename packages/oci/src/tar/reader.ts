import type { Digest } from '@composefs/fsverity'
import { INLINE_MAX } from '@composefs/tree'
import { compressionOf } from '../compression-magic.ts'
import { entryText } from '../entry-text.ts'
import { OciError } from '../errors.ts'
import type { TarEntry } from './entry.ts'
import { Extensions, isExtensionType } from './extensions.ts'
import { BLOCK_SIZE, dialectOf, hasValidChecksum, isZeroBlock, TarHeader } from './header.ts'
import { describePath, type EntryDraft, readEntry, readSize } from './read-entry.ts'

/** What the next bytes are. */
type State =
  /** A header block, the second zero block, or nothing. */
  | 'header'
  | 'extension'
  /** Content of at most INLINE_MAX bytes, with its padding. */
  | 'content'
  /** Content that is an object: not for {@link TarReader.push}. */
  | 'object'
  /** Bytes that mean nothing: padding, data of global headers. */
  | 'skip'
  /** All that is behind the end marker. */
  | 'tail'

export interface TarReaderOptions {
  /** Gets each entry when its content is known, in the order of the tar. */
  onEntry(entry: TarEntry): void
  /**
   * A size on an entry that has no content: an error, or (as cfsctl stored such layers) the size of bytes to skip.
   * Default: an error.
   */
  readonly strayContent?: 'refuse' | 'skip'
}

/**
 * Reads a tar that is pushed in pieces of any size, all but the contents that are objects: who pushes gives these to
 * an object store, or has them from there.
 *
 * Holds one block and, between an extension header and its entry, at most 1 MiB.
 */
export class TarReader {
  readonly #options: TarReaderOptions
  readonly #extensions = new Extensions()
  readonly #block = new Uint8Array(BLOCK_SIZE)
  #state: State = 'header'
  /** Size of the piece that the state reads at once, and where it is gathered when it comes in several. */
  #pieceSize = BLOCK_SIZE
  #piece: Uint8Array = this.#block
  #gathered = 0
  /** Of a skip: bytes still to come, and whether some have. */
  #skip = 0
  #isSkipping = false
  #offset = 0
  /** Offset of the first header of the entry. */
  #entryOffset = 0
  #hasZeroBlock = false
  #entry: EntryDraft | undefined
  #extensionType = 0
  #extensionSize = 0

  constructor(options: TarReaderOptions) {
    this.#options = options
  }

  /** Bytes read so far, objects included. */
  get offset(): number {
    return this.#offset
  }

  /** Size of the object whose content comes next; undefined when anything else does. */
  get objectSize(): number | undefined {
    return this.#state === 'object' ? this.#entry?.size : undefined
  }

  /** True behind the end marker: nothing that comes now means anything. */
  get isAtEnd(): boolean {
    return this.#state === 'tail'
  }

  /** True between the first and the last byte of a header, extension, content or padding. */
  get isInsidePiece(): boolean {
    return this.#gathered > 0 || this.#isSkipping
  }

  /** Path of the entry whose content is being read, for errors. */
  get entryPath(): string | undefined {
    return this.#entry && entryText(this.#entry.path)
  }

  /** Path of the entry whose content is being read, as the entry has it. */
  get contentPath(): Uint8Array | undefined {
    return this.#entry?.path
  }

  /**
   * Reads `data` from `start` up to its end or to the content of an object, and returns how far that was.
   *
   * @throws OciError ERR_OCI_TAR_* for what is no layer, with offset and, where there is one, entry
   */
  push(data: Uint8Array, start = 0): number {
    let at = start
    while (at < data.length && this.#state !== 'object') at += this.#step(data, at)
    return at
  }

  /** Says that the content of the object that comes next was read, and what it is called. */
  completeObject(digest: Digest): void {
    const entry = this.takeObject()
    entry.content = { kind: 'external', digest }
    this.#options.onEntry(entry)
  }

  /**
   * Says that the content of the object that comes next was read, though nobody knows yet what it is called: gives the
   * entry to the caller instead of `onEntry`, to be completed.
   */
  takeObject(): EntryDraft {
    const entry = this.#entry
    if (this.#state !== 'object' || entry === undefined) throw new TypeError('no object comes here')
    this.#entry = undefined
    this.#offset += entry.size
    this.#startSkip(padding(entry.size))
    return entry
  }

  /**
   * Says that the input ends here. An end marker is not required, as long as no entry is cut off.
   *
   * @throws OciError ERR_OCI_TAR_TRUNCATED, ERR_OCI_TAR_ORPHAN_EXTENSION
   */
  finish(): void {
    if (this.#state === 'tail') return
    if (this.#state !== 'header' || this.#gathered > 0) {
      const what = this.#state === 'header' ? 'a header' : 'an entry'
      const message = `the tar ends inside ${what}${this.#packing(this.#block)}`
      throw this.#located(new OciError('ERR_OCI_TAR_TRUNCATED', message))
    }
    if (this.#extensions.isPending) throw this.#located(orphan('the end of the tar'))
  }

  /** Reads from `data[at]` at most to the end of the piece, and returns the number of bytes. */
  #step(data: Uint8Array, at: number): number {
    const available = data.length - at
    if (this.#state === 'tail') {
      this.#offset += available
      return available
    }
    if (this.#state === 'skip') {
      const count = Math.min(available, this.#skip)
      this.#offset += count
      this.#skip -= count
      this.#isSkipping = this.#skip > 0
      if (!this.#isSkipping) this.#expectHeader()
      return count
    }
    const missing = this.#pieceSize - this.#gathered
    if (this.#gathered === 0 && available >= missing) {
      this.#read(data.subarray(at, at + missing))
      return missing
    }
    if (this.#gathered === 0) this.#piece = this.#gatheringBuffer()
    const count = Math.min(available, missing)
    this.#piece.set(data.subarray(at, at + count), this.#gathered)
    this.#gathered += count
    if (count === missing) {
      this.#gathered = 0
      this.#read(this.#piece)
    }
    return count
  }

  #read(piece: Uint8Array): void {
    const { length } = piece
    if (this.#state === 'header') this.#readHeader(piece)
    else if (this.#state === 'extension') this.#readExtension(piece)
    else this.#readContent(piece)
    this.#offset += length
  }

  #readHeader(block: Uint8Array): void {
    if (block[0] === 0 && isZeroBlock(block)) {
      // One alone is skipped, wherever it stands: writers that count blocks wrong leave one behind a long name.
      if (this.#hasZeroBlock) {
        if (this.#extensions.isPending) throw this.#located(orphan('the end marker'))
        this.#state = 'tail'
      }
      this.#hasZeroBlock = true
      return
    }
    this.#hasZeroBlock = false
    if (!hasValidChecksum(block)) {
      const message = `the checksum of a header is wrong${this.#packing(block)}`
      throw this.#located(new OciError('ERR_OCI_TAR_BAD_CHECKSUM', message))
    }
    const type = block[TarHeader.offsets.type] as number
    try {
      // The old format knows no extensions: to it these are types like any other.
      if (isExtensionType(type) && dialectOf(block) !== 'v7') this.#startExtension(type, block)
      else this.#startEntry(block)
    } catch (error) {
      if (!(error instanceof OciError)) throw error
      const entry = describePath(block, this.#extensions)
      throw error.with({ offset: this.#offset, entry }, entry)
    }
  }

  #startExtension(type: number, block: Uint8Array): void {
    const size = readSize(block)
    if (!this.#extensions.isPending) this.#entryOffset = this.#offset
    this.#extensions.expect(type, size)
    this.#extensionType = type
    this.#extensionSize = size
    this.#state = 'extension'
    this.#pieceSize = size + padding(size)
    if (size === 0) this.#readExtension(this.#block)
  }

  #readExtension(piece: Uint8Array): void {
    try {
      this.#extensions.add(this.#extensionType, piece.subarray(0, this.#extensionSize))
    } catch (error) {
      throw error instanceof OciError ? this.#located(error) : error
    }
    this.#expectHeader()
  }

  #startEntry(block: Uint8Array): void {
    if (!this.#extensions.isPending) this.#entryOffset = this.#offset
    const { draft, contentSize } = readEntry(block, this.#extensions, this.#entryOffset)
    if (draft.kind !== 'regular' && contentSize > 0 && this.#options.strayContent !== 'skip') {
      throw new OciError(
        'ERR_OCI_TAR_AMBIGUOUS_SIZE',
        `a ${draft.kind} with a size of ${contentSize} bytes`,
        { expected: 0, actual: contentSize },
      )
    }
    this.#extensions.clear()
    this.#entry = draft
    if (draft.kind !== 'regular') {
      this.#emit(undefined)
      this.#startSkip(contentSize + padding(contentSize))
    } else if (contentSize === 0) {
      this.#emit({ kind: 'inline', data: new Uint8Array(0) })
    } else if (contentSize <= INLINE_MAX) {
      this.#state = 'content'
      this.#pieceSize = BLOCK_SIZE
    } else {
      this.#state = 'object'
    }
  }

  #readContent(piece: Uint8Array): void {
    this.#emit({ kind: 'inline', data: piece.slice(0, this.#entry?.size) })
    this.#expectHeader()
  }

  #emit(content: TarEntry['content']): void {
    const entry = this.#entry as EntryDraft
    entry.content = content
    this.#entry = undefined
    this.#options.onEntry(entry)
  }

  #startSkip(size: number): void {
    this.#skip = size
    if (size > 0) this.#state = 'skip'
    else this.#expectHeader()
  }

  #expectHeader(): void {
    this.#state = 'header'
    this.#pieceSize = BLOCK_SIZE
  }

  /** Room for the piece: a block, or one extension of at most EXTENSION_DATA_MAX bytes. */
  #gatheringBuffer(): Uint8Array {
    return this.#pieceSize <= BLOCK_SIZE ? this.#block : new Uint8Array(this.#pieceSize)
  }

  /** A hint for who gives us a compressed layer as a plain one. */
  #packing(block: Uint8Array): string {
    const compression = this.#offset === 0 ? compressionOf(block) : undefined
    return compression === undefined ? '' : `: this is ${compression} data`
  }

  /** The error with the place where reading is. */
  #located(error: OciError): OciError {
    const offset = this.#offset + this.#gathered
    if (this.#entry === undefined) return error.with({ offset })
    const entry = entryText(this.#entry.path)
    return error.with({ offset, entry }, entry)
  }
}

/** Bytes from `size` to the next whole block. */
function padding(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE
}

function orphan(what: string): OciError {
  return new OciError('ERR_OCI_TAR_ORPHAN_EXTENSION', `${what} comes after an extension header`)
}
