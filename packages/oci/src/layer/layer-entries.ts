import type { Digest } from '@composefs/fsverity'
import type { SplitstreamChunk, SplitstreamReader } from '@composefs/splitstream'
import { INLINE_MAX } from '@composefs/tree'
import { inLayer, OciError, type OciErrorFacts } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import { TarReader } from '../tar/reader.ts'

/** What reading the entries of a stored layer needs. */
export interface LayerEntriesOptions {
  /**
   * Size of an object in bytes, to compare with the tar header; undefined for one that is missing, whose entry is
   * listed all the same. Without it no size is checked.
   */
  objectSize?(digest: Digest): number | undefined
  /** Number of the layer in its image, the lowest being 1, and its diff ID: for errors. */
  readonly layer?: number
  readonly diffId?: string
}

/**
 * Yields the entries of a stored layer in tar order, up to the end marker. What stands before an error is yielded
 * before it is thrown.
 *
 * Layers of cfsctl may hold a size on an entry that has no content; those bytes are skipped, as it does.
 *
 * @throws OciError ERR_OCI_TAR_*, ERR_OCI_LAYER_STREAM, ERR_OCI_LAYER_OBJECT_SIZE
 * @throws SplitstreamError what {@link SplitstreamReader.chunks} throws
 *
 * @example
 * const stream = await repository.streams.open('oci-layer-sha256:…', { contentType: CONTENT_TYPES.layer })
 * for await (const entry of layerEntries(stream)) console.log(entry.kind, showUtf8(entry.path))
 */
export async function* layerEntries(
  stream: SplitstreamReader,
  options: LayerEntriesOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const layer = new StoredLayer(options)
  for await (const chunk of stream.chunks()) {
    yield* layer.read(chunk)
    if (layer.isAtEnd) return
  }
  layer.finish()
}

/** The reading side of the layer splitter: the same tar, its large contents as references. */
class StoredLayer {
  readonly #options: LayerEntriesOptions
  readonly #reader: TarReader
  #entries: TarEntry[] = []

  constructor(options: LayerEntriesOptions) {
    this.#options = options
    const onEntry = (entry: TarEntry) => void this.#entries.push(entry)
    this.#reader = new TarReader({ onEntry, strayContent: 'skip' })
  }

  get isAtEnd(): boolean {
    return this.#reader.isAtEnd
  }

  /** Reads a chunk and yields the entries that it completes. */
  *read(chunk: SplitstreamChunk): Generator<TarEntry, void, undefined> {
    let failure: { readonly error: unknown } | undefined
    try {
      this.#push(chunk)
    } catch (error) {
      failure = { error }
    }
    yield* this.#entries
    this.#entries = []
    if (failure !== undefined) throw this.#located(failure.error)
  }

  finish(): void {
    try {
      this.#reader.finish()
    } catch (error) {
      throw this.#located(error)
    }
  }

  #push(chunk: SplitstreamChunk): void {
    const reader = this.#reader
    const startsChunk = chunk.kind === 'external' || chunk.startsChunk
    // cfsctl reads each header, content and padding in one go, and out of one chunk only.
    if (startsChunk && reader.isInsidePiece)
      throw this.#misplaced('a chunk ends inside a tar block')
    if (chunk.kind === 'external') {
      this.#readObject(chunk.digest)
      return
    }
    const end = reader.push(chunk.data)
    if (end < chunk.data.length) {
      throw this.#misplaced(`a content of ${reader.objectSize} bytes that is no object`)
    }
  }

  #readObject(digest: Digest): void {
    const size = this.#reader.objectSize
    if (size === undefined) {
      const what = `an object where no content of more than ${INLINE_MAX} bytes begins`
      throw this.#misplaced(what)
    }
    const actual = this.#options.objectSize?.(digest)
    if (actual !== undefined && actual !== size) {
      throw this.#error(
        'ERR_OCI_LAYER_OBJECT_SIZE',
        `the object ${digest.hex} has ${actual} bytes, the tar header says ${size}`,
        { expected: size, actual, digest: digest.hex },
      )
    }
    this.#reader.completeObject(digest)
  }

  #misplaced(what: string): OciError {
    return this.#error('ERR_OCI_LAYER_STREAM', `a stored layer with ${what}`, {})
  }

  #error(
    code: 'ERR_OCI_LAYER_STREAM' | 'ERR_OCI_LAYER_OBJECT_SIZE',
    message: string,
    facts: OciErrorFacts,
  ): OciError {
    const { offset, entryPath } = this.#reader
    const where = entryPath === undefined ? {} : { entry: entryPath }
    const shown = entryPath === undefined ? message : `${entryPath}: ${message}`
    return new OciError(code, shown, { offset, ...where, ...facts })
  }

  #located(error: unknown): unknown {
    return error instanceof OciError ? inLayer(error, this.#options) : error
  }
}
