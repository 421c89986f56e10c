import { closeSync, lstatSync } from 'node:fs'
import { type Algorithm, createDigester, Digest, type Digester } from '@composefs/fsverity'
import type { DataSharing } from './data-sharing.ts'
import { isErrno, isRepositoryError } from './errors.ts'
import { openForReading } from './file-bytes.ts'
import { type Layout, OBJECT_DIRECTORY_COUNT } from './layout.ts'
import { assertSize, notAFile, OpenObject } from './object-handle.ts'
import { ObjectPath } from './object-path.ts'
import type { ObjectStore, ObjectWriter, PutResult } from './object-store.ts'
import { type ContentDigest, DiskObjectWriter } from './object-writer.ts'
import { isRealDirectory, makeRealDirectories } from './real-directories.ts'
import { type ReceivedBy, type ReceivingStore, receiveObject } from './receive-object.ts'
import { StagedFile } from './staged-file.ts'
import type { System } from './system.ts'
import { assertDigest, type Verity } from './verity.ts'

/** Mode before the umask: that of cfsctl. */
const OBJECT_MODE = 0o644

/** What the object store of a repository needs of it. */
export interface DiskObjectStoreOptions {
  readonly system: System
  readonly layout: Layout
  readonly verity: Verity
  /** Shared by all stores of an open repository, in other threads too: see `hasUnsynced`. */
  readonly unsynced?: Int32Array
  /** Throws when the repository must not be changed. */
  assertWritable(): void
}

/** The objects of a repository on disk: `objects/ab/cdef…`. */
export class DiskObjectStore implements ObjectStore {
  readonly #system: System
  readonly #layout: Layout
  readonly verity: Verity
  /** Throws when the repository must not be changed. */
  readonly assertWritable: () => void
  /** By first byte of the digest: the directories of objects that have been found to be directories. */
  readonly #known = new Uint8Array(OBJECT_DIRECTORY_COUNT)
  #hasObjects = false
  readonly #path: ObjectPath
  #digester: Digester | undefined
  readonly #unsynced: Int32Array

  constructor(options: DiskObjectStoreOptions) {
    this.#system = options.system
    this.#layout = options.layout
    this.verity = options.verity
    this.#path = new ObjectPath(options.layout, options.verity.algorithm)
    this.#unsynced = options.unsynced ?? new Int32Array(1)
    this.assertWritable = () => options.assertWritable()
  }

  /** The algorithm of the digests that objects are named by. */
  get algorithm(): Algorithm {
    return this.verity.algorithm
  }

  /** True when objects have been linked that no sync has written to the disk yet. */
  get hasUnsynced(): boolean {
    return Atomics.load(this.#unsynced, 0) !== 0
  }

  /** Set when an object is linked, cleared by a sync. */
  set hasUnsynced(value: boolean) {
    Atomics.store(this.#unsynced, 0, value ? 1 : 0)
  }

  /** True when a regular file has the object's name; its content is not looked at. */
  has(id: Digest): boolean {
    return this.sizeOf(id) !== undefined
  }

  /** Bytes of the object's file, its content unseen; undefined when there is none, or none that could be opened. */
  sizeOf(id: Digest): number | undefined {
    try {
      const status = lstatSync(this.pathOf(id), { throwIfNoEntry: false })
      return status?.isFile() ? status.size : undefined
    } catch (error) {
      if (isRepositoryError(error, 'ERR_REPOSITORY_BAD_DIRECTORY')) return undefined
      throw error
    }
  }

  /**
   * Where the file of an object is, or would be: below real directories.
   *
   * @throws RepositoryError ERR_REPOSITORY_BAD_DIRECTORY
   */
  pathOf(id: Digest): string {
    this.#isReal(id.bytes)
    return this.#layout.object(id)
  }

  /**
   * Stores `content`. The digest comes first, so content that is there costs no writing.
   *
   * @throws RepositoryError ERR_REPOSITORY_READ_ONLY, _VERITY_UNSUPPORTED, _VERITY_BUSY, _DIGEST_MISMATCH (the
   *   kernel read something else than was written)
   */
  put(content: Uint8Array): PutResult {
    const digest = new Uint8Array(this.algorithm.digestSize)
    const isNew = this.putInto(content, digest)
    return { digest: new Digest(this.algorithm, digest), isNew, size: content.length }
  }

  /** Like `put`, but writes the digest to the start of `digest` and says whether the object is new. */
  putInto(content: Uint8Array, digest: Uint8Array): boolean {
    this.assertWritable()
    this.#digester ??= createDigester(this.verity)
    this.#digester.digest(content, digest)
    const state = this.#look(digest, content.length)
    if (state === 'present') return false
    const staged = this.#stage(StagedFile.create)
    try {
      staged.write(content)
      const measured = this.verity.seal(staged)
      if (measured !== undefined) assertDigest(measured, this.#idOf(digest))
      return this.#publish(staged, digest, state)
    } finally {
      staged.close()
    }
  }

  /** @throws RepositoryError ERR_REPOSITORY_READ_ONLY; what `put` throws on `finish` */
  create({ digest }: { readonly digest?: ContentDigest } = {}): ObjectWriter {
    this.assertWritable()
    if (!this.#isObjectsReal()) this.#makeObjects()
    return new DiskObjectWriter({
      verity: this.verity,
      digest,
      staged: this.#stage(StagedFile.create),
      publish: (staged, digest, size) => {
        const state = this.#look(digest.bytes, size)
        return state !== 'present' && this.#publish(staged, digest.bytes, state)
      },
    })
  }

  /**
   * Takes over an object that another store of the same algorithm has open. An object that is there is left as it is.
   * Yields the bytes of the other store's object, in pieces that are valid until the next one; the object is there when
   * all have been taken, and nothing is before.
   *
   * @throws RepositoryError ERR_REPOSITORY_READ_ONLY, _DIGEST_MISMATCH, _CANNOT_SHARE, _VERITY_UNSUPPORTED, _VERITY_BUSY
   */
  *receive(id: Digest, from: OpenObject, sharing: DataSharing): Generator<Uint8Array, ReceivedBy> {
    this.assertWritable()
    const state = this.#look(id.bytes, from.size)
    if (state === 'present') {
      yield* from.pieces()
      return 'present'
    }
    const store: ReceivingStore = {
      verity: this.verity,
      stage: () => this.#stage(StagedFile.create),
      stageLink: path => this.#stage((system, place) => StagedFile.link(system, place, path)),
      publish: staged => void this.#publish(staged, id.bytes, state),
    }
    return yield* receiveObject(id, from, { store, sharing })
  }

  /**
   * Opens an object after checking its digest as the mode of the repository asks, or in any mode with `verify`.
   *
   * @throws RepositoryError ERR_REPOSITORY_OBJECT_NOT_FOUND, _NOT_A_FILE, _DIGEST_MISMATCH, _VERITY_MISSING
   */
  open(id: Digest, options: { readonly verify?: boolean } = {}): OpenObject {
    const path = this.pathOf(id)
    const object = OpenObject.open(id, path)
    try {
      this.verity.check(object.file, id, { path, ...options })
      return object
    } catch (error) {
      object.close()
      throw error
    }
  }

  /** Opens an object without a look at its content. */
  openUnchecked(id: Digest): OpenObject {
    return OpenObject.open(id, this.pathOf(id))
  }

  /** @throws RepositoryError what `open` throws, ERR_REPOSITORY_OBJECT_TOO_LARGE */
  read(id: Digest, options: { readonly maxSize?: number } = {}): Uint8Array {
    const object = this.open(id)
    try {
      assertSize(id, object.size, options.maxSize)
      return object.read(0, object.size)
    } finally {
      object.close()
    }
  }

  *chunks(id: Digest): Generator<Uint8Array> {
    const object = this.open(id)
    try {
      yield* object.pieces()
    } finally {
      object.close()
    }
  }

  /** Whether the file of an object that is to be stored is there, and as good as a new one. */
  #look(digest: Uint8Array, size: number): ObjectState {
    // Before every write: enabling fs-verity, linking and replacing must not reach a file elsewhere.
    if (!this.#isRealNow(digest)) return 'absent'
    const found = this.#system.fileSize(this.#path.of(digest))
    if (found === 'absent') return 'absent'
    // Also heals an object that a crash cut short.
    if (found !== size) return 'unfit'
    const { verity } = this
    return verity.isUnsupported && !verity.verify ? 'present' : this.#inspect(this.#idOf(digest))
  }

  /** Whether a file of the right size has the right content, as far as the mode asks. */
  #inspect(id: Digest): 'present' | 'unfit' {
    const { verity } = this
    const file = openForReading(this.#layout.object(id))
    try {
      const measured = verity.required ? verity.measure(file) : verity.measureOrEnable(file)
      if (measured.state === 'other-algorithm') return 'unfit'
      if (measured.state === 'enabled') return measured.digest.equals(id) ? 'present' : 'unfit'
      if (verity.required) return 'unfit'
      return verity.verify && !verity.compute(file).equals(id) ? 'unfit' : 'present'
    } finally {
      closeSync(file)
    }
  }

  #stage(start: typeof StagedFile.create): StagedFile {
    const { objects } = this.#layout
    // Created where all objects of a repository share a directory: faster on ext4 than one file in each.
    const place = { directory: objects, mode: OBJECT_MODE }
    if (!this.#hasObjects) this.#makeObjects()
    try {
      return start(this.#system, place)
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error
      this.#makeObjects()
      return start(this.#system, place)
    }
  }

  #makeObjects(): void {
    makeRealDirectories(this.#layout, this.#layout.objects)
    this.#hasObjects = true
  }

  /** Gives a finished file its name; false when another writer was faster. */
  #publish(staged: StagedFile, digest: Uint8Array, state: 'absent' | 'unfit'): boolean {
    if (state === 'unfit') {
      const id = this.#idOf(digest)
      replaceUnfit(staged, id, this.#layout.object(id))
      this.hasUnsynced = true
      return true
    }
    const isNew = this.#link(staged, digest) === 'linked'
    if (isNew) this.hasUnsynced = true
    return isNew
  }

  #link(staged: StagedFile, digest: Uint8Array): 'linked' | 'exists' {
    const path = this.#path.of(digest)
    // Looked at a moment ago, so that what is not known is not there.
    if (this.#known[digest[0] as number] === 1) {
      try {
        return staged.link(path)
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error
      }
    }
    makeRealDirectories(this.#layout, this.#layout.objectDirectory(this.#idOf(digest)))
    this.#known[digest[0] as number] = 1
    return staged.link(path)
  }

  /**
   * Whether the directory of an object is there, and a directory. Asked of each directory once: reading asks for every
   * file of a layer.
   */
  #isReal(digest: Uint8Array): boolean {
    const first = digest[0] as number
    if (this.#known[first] === 1) return true
    const directory = this.#layout.objectDirectory(this.#idOf(digest))
    if (!isRealDirectory(this.#layout, directory)) return false
    this.#known[first] = 1
    return true
  }

  /**
   * Whether the directory of an object is there at this moment, and a directory.
   *
   * @throws RepositoryError ERR_REPOSITORY_BAD_DIRECTORY
   */
  #isRealNow(digest: Uint8Array): boolean {
    const path = this.#path
    const isReal =
      this.#isObjectsReal() && this.#system.fileSize(path.directoryOf(digest)) === 'directory'
    this.#known[digest[0] as number] = isReal ? 1 : 0
    // Tells one that is missing from one that is something else.
    return isReal || this.#isReal(digest)
  }

  /** Whether the directory of all objects is there at this moment, and a directory. */
  #isObjectsReal(): boolean {
    return this.#system.fileSize(this.#path.objects) === 'directory'
  }

  #idOf(digest: Uint8Array): Digest {
    return new Digest(this.algorithm, digest.slice(0, this.algorithm.digestSize))
  }
}

type ObjectState = 'absent' | 'present' | 'unfit'

/** @throws RepositoryError ERR_REPOSITORY_NOT_A_FILE for a directory, which nothing replaces */
function replaceUnfit(staged: StagedFile, id: Digest, path: string): void {
  try {
    staged.replace(path)
  } catch (error) {
    if (isErrno(error, 'EISDIR')) throw notAFile(id, path)
    throw error
  }
}
