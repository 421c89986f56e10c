import { fstatSync } from 'node:fs'
import { decodeUtf8, showUtf8 } from '@composefs/bytes'
import type { Algorithm, Digest } from '@composefs/fsverity'
import {
  type ByteSource,
  isSplitstreamError,
  memorySource,
  openSplitstream,
  SplitstreamError,
  type SplitstreamReader,
  SplitstreamWriter,
  type ZstdCodec,
} from '@composefs/splitstream'
import { readDirectory } from './directory.ts'
import { RepositoryError } from './errors.ts'
import { type Layout, objectLinkText, REFS } from './layout.ts'
import { objectOfLink, readLink, setLink } from './links.ts'
import { assertEntryName, badName } from './names.ts'
import { objectNotFound } from './object-handle.ts'
import type { DiskObjectStore } from './objects.ts'
import { isRealDirectory } from './real-directories.ts'
import { type OnBrokenRef, type Ref, RefDirectory, type RefEntry } from './refs.ts'

/** Splitstreams up to this size are read at once: all but those of very large layers. */
const WHOLE_SIZE_MAX = 1 << 20
const REF_PREFIX = `${REFS}/`

/** What the stream store of a repository needs of it. */
export interface StreamStoreOptions {
  readonly layout: Layout
  readonly objects: DiskObjectStore
  readonly zstd: ZstdCodec
  /** Throws when the repository must not be changed. */
  assertWritable(): void
}

/** The named splitstreams of a repository: `streams/ID`, and refs to them below `streams/refs`. */
export class StreamStore {
  readonly #layout: Layout
  readonly #objects: DiskObjectStore
  readonly #zstd: ZstdCodec
  readonly #refs: RefDirectory
  readonly #assertWritable: () => void

  constructor(options: StreamStoreOptions) {
    this.#layout = options.layout
    this.#objects = options.objects
    this.#zstd = options.zstd
    this.#refs = new RefDirectory(options.layout, options.layout.streamRefs)
    this.#assertWritable = () => options.assertWritable()
  }

  /**
   * The object of a stream by its link; undefined when there is none of that name. The object is not looked at.
   *
   * @throws RepositoryError ERR_REPOSITORY_BAD_NAME, _BAD_LINK, _BAD_DIRECTORY
   */
  lookup(id: string): Digest | undefined {
    assertEntryName(id)
    return this.#isThere() ? this.#linked(id) : undefined
  }

  /**
   * The object of a stream by its id or `refs/NAME`.
   *
   * @throws RepositoryError ERR_REPOSITORY_STREAM_NOT_FOUND, what `lookup` throws
   */
  resolve(name: string): Digest {
    const isRef = name.startsWith(REF_PREFIX)
    const id = isRef ? this.#refs.target(name.slice(REF_PREFIX.length)) : name
    const digest = id === undefined ? undefined : this.lookup(id)
    if (digest !== undefined) return digest
    const reason = isRef && id !== undefined ? `${name} points to ${id}, which is missing` : name
    throw streamNotFound(name, reason)
  }

  /**
   * Opens a stream by its id, `refs/NAME`, or the digest of its object. The object is checked like any other, with
   * `verify` in insecure repositories too; it is not kept open, so the reader needs no closing.
   *
   * @throws RepositoryError what `resolve` and `ObjectStore.open` throw
   * @throws SplitstreamError when the object is no splitstream, or one of another `contentType`
   */
  async open(
    name: string | Digest,
    options: { readonly contentType?: string; readonly verify?: boolean } = {},
  ): Promise<SplitstreamReader> {
    const { verify, ...reading } = options
    const digest = typeof name === 'string' ? this.resolve(name) : name
    const source = openSource(this.#objects, digest, verify === undefined ? {} : { verify })
    try {
      return await openSplitstream(source, {
        algorithm: this.#algorithm,
        zstd: this.#zstd,
        ...reading,
      })
    } catch (error) {
      if (!isSplitstreamError(error)) throw error
      const { code, message, facts } = error
      const path = this.#layout.object(digest)
      throw new SplitstreamError(code, `${path}: ${message}`, facts, { cause: error })
    }
  }

  /** Yields the bytes behind a stream. */
  async *cat(name: string | Digest): AsyncGenerator<Uint8Array> {
    const reader = await this.open(name)
    yield* reader.cat(digest => this.#objects.chunks(digest))
  }

  /** Starts a stream of this repository's algorithm. */
  createWriter(contentType: string): SplitstreamWriter {
    return new SplitstreamWriter({ algorithm: this.#algorithm, contentType, zstd: this.#zstd })
  }

  /** Ends a stream and stores it as an object, without a name. */
  async store(writer: SplitstreamWriter): Promise<Digest> {
    return this.#objects.put(await writer.finish()).digest
  }

  /**
   * Names a stream. The caller has synced what it needs before (`publish` does).
   *
   * @throws RepositoryError ERR_REPOSITORY_BAD_NAME, _READ_ONLY, _BAD_LINK
   */
  link(id: string, stream: Digest): void {
    assertEntryName(id)
    this.#assertWritable()
    setLink(this.#layout, this.#layout.stream(id), objectLinkText(stream))
  }

  /** Yields the named streams, sorted by id. */
  *list(): Generator<{ readonly id: string; readonly digest: Digest }> {
    if (!this.#isThere()) return
    for (const { name } of readDirectory(this.#layout.streams)) {
      const id = decodeUtf8(name)
      if (id === undefined) throw badName(showUtf8(name), 'is not UTF-8')
      const digest = id === REFS ? undefined : this.#linked(id)
      if (digest !== undefined) yield { id, digest }
    }
  }

  /** Yields the names in `streams/` that are text, sorted, whatever is behind them. */
  *ids(): Generator<string> {
    if (!this.#isThere()) return
    for (const { name } of readDirectory(this.#layout.streams)) {
      const id = decodeUtf8(name)
      if (id !== undefined && id !== REFS) yield id
    }
  }

  /**
   * Makes or moves the ref `name` to the stream `id`.
   *
   * @throws RepositoryError ERR_REPOSITORY_STREAM_NOT_FOUND, _BAD_NAME, _REF_CONFLICT, _READ_ONLY
   */
  setRef(name: string, id: string): void {
    this.#assertWritable()
    // A ref to nothing would stop every garbage collection.
    if (this.lookup(id) === undefined) throw streamNotFound(id, id)
    this.#refs.set(name, id)
  }

  /** Removes a ref; false when there is none. The stream stays until the next garbage collection. */
  removeRef(name: string): boolean {
    this.#assertWritable()
    return this.#refs.remove(name)
  }

  /** The stream a ref stands for; undefined when there is no such ref. */
  refTarget(name: string): string | undefined {
    return this.#refs.target(name)
  }

  /**
   * Yields the refs, all of them or those below the directory `prefix`. With `onBroken` an entry that is no good ref
   * goes there, and keeps nobody from seeing the others.
   */
  refs(prefix?: string, onBroken?: OnBrokenRef): Generator<Ref> {
    return this.#refs.list(prefix, onBroken)
  }

  /** Yields everything below `streams/refs`, whatever it is. */
  refEntries(): Generator<RefEntry> {
    return this.#refs.entries()
  }

  #linked(id: string): Digest | undefined {
    const path = this.#layout.stream(id)
    const text = readLink(path)
    return text === undefined ? undefined : objectOfLink(text, this.#algorithm, path)
  }

  #isThere(): boolean {
    return isRealDirectory(this.#layout, this.#layout.streams)
  }

  get #algorithm(): Algorithm {
    return this.#objects.algorithm
  }
}

/** The bytes of an object as a source that holds no descriptor. */
function openSource(
  objects: DiskObjectStore,
  digest: Digest,
  options: { readonly verify?: boolean },
): ByteSource {
  const object = objects.open(digest, options)
  try {
    const { size } = object
    if (size <= WHOLE_SIZE_MAX) return memorySource(object.read(0, size))
    const { dev, ino } = fstatSync(object.file)
    return { size, read: (offset, length) => readAgain(offset, length) }

    function readAgain(offset: number, length: number): Uint8Array {
      const again = objects.openUnchecked(digest)
      try {
        const status = fstatSync(again.file)
        const isSame = status.dev === dev && status.ino === ino && status.size === size
        if (!isSame) throw objectNotFound(digest)
        return again.read(offset, length)
      } finally {
        again.close()
      }
    }
  } finally {
    object.close()
  }
}

function streamNotFound(name: string, what: string): RepositoryError {
  return new RepositoryError('ERR_REPOSITORY_STREAM_NOT_FOUND', `no stream ${what}`, { name })
}
