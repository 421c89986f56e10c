import { closeSync } from 'node:fs'
import type { ErofsVersion } from '@composefs/erofs'
import type { Algorithm, Hashing } from '@composefs/fsverity'
import type { ZstdCodec } from '@composefs/splitstream'
import type { Slots } from '@composefs/threads'
import { RepositoryError } from './errors.ts'
import { ImageStore } from './images.ts'
import type { Layout } from './layout.ts'
import { acquireLock, type LockOptions } from './lock.ts'
import {
  type ErofsFormats,
  erofsFormatsOf,
  type RepositoryMetadata,
  unknownWriteFeatures,
} from './metadata.ts'
import { DiskObjectStore } from './objects.ts'
import type { DecoderEngine } from './raw-decoder.ts'
import { StreamStore } from './streams.ts'
import type { FileDescriptor, System } from './system.ts'
import { Verity } from './verity.ts'
import { DiskIntake } from './work/disk-intake.ts'
import type { ObjectIntake } from './work/object-intake.ts'
import { createObjectSlots, type ObjectHelpers } from './work/object-threads.ts'
import { ObjectWork, type ObjectWorkSetup } from './work/object-work.ts'
import { assertDirectoryWritable } from './writable.ts'

/** How an open repository is locked. */
export type RepositoryLock = 'shared' | 'exclusive' | 'none'

/** What opening found out of a repository. */
export interface RepositoryParts {
  readonly system: System
  readonly hashing: Hashing
  readonly zstd: ZstdCodec
  readonly decoders?: DecoderEngine | undefined
  readonly layout: Layout
  /** The repository directory, open and locked as `lock` says. The repository closes it. */
  readonly directory: FileDescriptor
  readonly lock: RepositoryLock
  readonly metadata: RepositoryMetadata
  readonly isLegacy: boolean
  readonly secure: boolean
  readonly verify: boolean
  readonly erofsVersion?: ErofsVersion | undefined
  readonly helpers?: ObjectHelpers | undefined
}

/** An open repository. Close it: until then it keeps the garbage collection of other processes away. */
export class Repository implements AsyncDisposable {
  /** Absolute path of the repository directory. */
  readonly path: string
  readonly layout: Layout
  readonly metadata: RepositoryMetadata
  /** True without meta.json: a repository of an old version, which can be read but not written as it is. */
  readonly isLegacy: boolean
  /** True when every object has to have fs-verity. */
  readonly secure: boolean
  /** The formats of images made here: that of meta.json, or the one the caller wants instead. */
  readonly erofsVersions: ErofsFormats
  readonly system: System
  readonly hashing: Hashing
  readonly zstd: ZstdCodec
  /** Who decompresses what is stored here; undefined for `node:zlib`. */
  readonly decoders: DecoderEngine | undefined
  readonly objects: DiskObjectStore
  readonly streams: StreamStore
  readonly images: ImageStore
  /** Where many contents go at once, see `ObjectIntake`. */
  readonly intake: ObjectIntake
  readonly #directory: FileDescriptor
  #lock: RepositoryLock
  #isOpen = true
  #isWritable = false

  constructor(parts: RepositoryParts) {
    const { system, hashing, layout, metadata, secure } = parts
    this.path = layout.root
    this.layout = layout
    this.metadata = metadata
    this.isLegacy = parts.isLegacy
    this.secure = secure
    this.erofsVersions =
      parts.erofsVersion === undefined
        ? erofsFormatsOf(metadata)
        : { default: parts.erofsVersion, extra: [] }
    this.system = system
    this.hashing = hashing
    this.zstd = parts.zstd
    this.decoders = parts.decoders
    this.#directory = parts.directory
    this.#lock = parts.lock
    const { algorithm } = metadata
    const verity = new Verity({
      system,
      algorithm,
      hashing,
      required: secure,
      verify: parts.verify,
    })
    const assertWritable = () => {
      this.#assertLocked()
      this.assertWritable()
    }
    // Whichever thread stores an object, it is the repository that has to sync it.
    const unsynced = new Int32Array(new SharedArrayBuffer(4))
    this.objects = new DiskObjectStore({ system, layout, verity, unsynced, assertWritable })
    const { helpers, verify } = parts
    const setup: ObjectWorkSetup = {
      algorithm: algorithm.name,
      store: { root: layout.root, secure, verify, unsynced },
    }
    const createWork = () => new ObjectWork(algorithm, hashing, this.objects)
    const slots = createObjectSlots({ createWork, helpers, setup })
    this.intake = new DiskIntake(slots, this.objects)
    const { objects, zstd } = this
    this.streams = new StreamStore({ layout, objects, zstd, assertWritable })
    this.images = new ImageStore({ layout, objects, verity, assertWritable })
  }

  /** The algorithm of the digests that objects are named by. */
  get algorithm(): Algorithm {
    return this.metadata.algorithm
  }

  /** Memory in which this thread and its helpers work on objects. */
  get slots(): Slots {
    return this.intake.slots
  }

  /** The lock that is held. */
  get lock(): RepositoryLock {
    return this.#lock
  }

  /** True when objects have been stored that may not be on the disk yet. */
  get hasUnsynced(): boolean {
    return this.objects.hasUnsynced
  }

  /**
   * Checks that the repository can be changed: its features are known, its file system and directory are writable. The
   * lock is another matter.
   *
   * @throws RepositoryError ERR_REPOSITORY_UNSUPPORTED_FEATURE, _LEGACY, _READ_ONLY
   */
  assertWritable(): void {
    if (this.#isWritable) return
    const features = unknownWriteFeatures(this.metadata)
    if (features.length > 0) {
      throw new RepositoryError(
        'ERR_REPOSITORY_UNSUPPORTED_FEATURE',
        `the repository can only be read: it uses features this version does not know: ${features.join(', ')}`,
        { path: this.path, features },
      )
    }
    if (this.isLegacy) {
      throw new RepositoryError(
        'ERR_REPOSITORY_LEGACY',
        `${this.path} has no meta.json and was opened for reading`,
        { path: this.path },
      )
    }
    assertDirectoryWritable(this.system, this.path)
    this.#isWritable = true
  }

  /** The garbage collection of another process would take what is written without a lock. */
  #assertLocked(): void {
    if (this.#lock !== 'none') return
    throw new TypeError(`${this.path} is not locked by this process, so nothing can be written`)
  }

  /** Writes everything stored so far to the disk, with all else that its file system has to write. */
  sync(): void {
    const { hasUnsynced } = this
    // First: what a thread stores meanwhile may not be written.
    this.objects.hasUnsynced = false
    try {
      this.system.syncFileSystem(this.#directory)
    } catch (error) {
      if (hasUnsynced) this.objects.hasUnsynced = true
      // The kernel knows an open file only.
      throw error instanceof Error ? Object.assign(error, { path: this.path }) : error
    }
  }

  /**
   * Changes the lock of the open repository. Between the old and the new lock others may take theirs, a garbage
   * collection included: what has been read and stored before may be gone.
   *
   * When the new lock cannot be had, the shared one is taken again if nobody is in the way; otherwise `lock` is `none`.
   *
   * @throws RepositoryError ERR_REPOSITORY_LOCKED when the time is over; the reason of an aborted `signal`
   */
  async changeLock(options: Omit<LockOptions, 'system' | 'turnstile'>): Promise<void> {
    const { system, layout } = this
    const { mode } = options
    if (this.#lock === mode) return
    if (this.#lock === 'exclusive' && system.tryLock(this.#directory, 'shared')) {
      // Nobody else has it, so it can be had at once, and those who wait to be alone wait on.
      this.#lock = 'shared'
      return
    }
    // Given up before waiting: two who keep their shared locks and want to be alone wait for each other for ever.
    system.unlock(this.#directory)
    this.#lock = 'none'
    try {
      const turnstile = layout.metadata
      await acquireLock(this.#directory, { ...options, system, turnstile })
      this.#lock = mode
    } catch (error) {
      if (system.tryLock(this.#directory, 'shared')) this.#lock = 'shared'
      throw error
    }
  }

  /** Ends the use of the repository and gives its lock back. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    // The threads write under the lock of this repository.
    await this.slots.close()
    this.#lock = 'none'
    closeSync(this.#directory)
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
