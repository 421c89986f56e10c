import { type Algorithm, createFsverity, Digest, type Hashing } from '@composefs/fsverity'
import { isErrno, RepositoryError } from './errors.ts'
import { readPieces } from './file-bytes.ts'
import type { StagedFile } from './staged-file.ts'
import type { FileDescriptor, System } from './system.ts'

/** Tries to enable fs-verity on a file that somebody has open for writing, and the time between, in ms. */
const BUSY_TRIES = 3
const BUSY_WAIT = 1

/** What is known of a file's digest without reading the file. */
export type Measurement =
  | { readonly state: 'enabled'; readonly digest: Digest }
  | { readonly state: 'absent' }
  | { readonly state: 'other-algorithm' }

/** How strict a repository is with the content of its files. */
export interface VerityOptions {
  readonly system: System
  readonly algorithm: Algorithm
  readonly hashing: Hashing
  /** Secure mode: no file without fs-verity. */
  readonly required: boolean
  /** Insecure mode: digests of files without fs-verity are computed from their content. */
  readonly verify: boolean
}

/** The fs-verity side of a repository: enables it on new files and checks it on files that are there. */
export class Verity {
  readonly required: boolean
  readonly verify: boolean
  readonly algorithm: Algorithm
  readonly hashing: Hashing
  readonly #system: System
  #isUnsupported = false

  constructor(options: VerityOptions) {
    this.required = options.required
    this.verify = options.verify
    this.algorithm = options.algorithm
    this.hashing = options.hashing
    this.#system = options.system
  }

  /** True once it is known that the kernel cannot help: all that is left is user space. */
  get isUnsupported(): boolean {
    return this.#isUnsupported
  }

  measure(file: FileDescriptor): Measurement {
    if (this.#isUnsupported) return { state: 'absent' }
    const measured = this.#system.measureVerity(file, this.algorithm)
    switch (measured.state) {
      case 'enabled':
        return { state: 'enabled', digest: new Digest(this.algorithm, measured.digest) }
      case 'other-algorithm':
        return { state: 'other-algorithm' }
      case 'disabled':
        return { state: 'absent' }
      case 'unsupported':
        this.#noteUnsupported()
        return { state: 'absent' }
    }
  }

  /**
   * Ends the writing of a new file and lets the kernel seal it. Returns the kernel's digest; undefined where an
   * insecure repository has to do without.
   *
   * @throws RepositoryError ERR_REPOSITORY_VERITY_UNSUPPORTED, _VERITY_MISSING, _VERITY_BUSY
   */
  seal(staged: StagedFile): Digest | undefined {
    if (this.#isUnsupported) return undefined
    staged.freeze()
    const state = enableVerity(staged, this.#system, this.algorithm)
    if (state !== 'enabled') {
      if (this.required) throw verityUnsupported(state, this.algorithm)
      this.#noteUnsupported()
      return undefined
    }
    const measured = this.measure(staged.file)
    if (measured.state === 'enabled') return measured.digest
    throw new RepositoryError(
      'ERR_REPOSITORY_VERITY_MISSING',
      'fs-verity was enabled but the kernel has no digest',
    )
  }

  /** Tries to give a file that is there fs-verity, and measures it. */
  measureOrEnable(file: FileDescriptor): Measurement {
    const measured = this.measure(file)
    if (measured.state !== 'absent' || this.#isUnsupported) return measured
    try {
      const state = this.#system.enableVerity(file, this.algorithm)
      if (state === 'unsupported' || state === 'unfit') this.#noteUnsupported()
    } catch (error) {
      // An object of another owner: it stays as it is, which an insecure repository allows.
      if (!isErrno(error, 'EACCES', 'EPERM')) throw error
    }
    return this.measure(file)
  }

  /**
   * Checks that an open file is what its name says, as far as the mode asks: secure repositories measure, insecure
   * ones measure what has fs-verity and read the rest only with `verify`.
   *
   * @throws RepositoryError ERR_REPOSITORY_DIGEST_MISMATCH, _VERITY_MISSING
   */
  check(
    file: FileDescriptor,
    expected: Digest,
    options: { readonly path: string; readonly verify?: boolean },
  ): { readonly hasVerity: boolean } {
    const { path, verify = this.verify } = options
    const measured = this.measure(file)
    if (measured.state === 'absent') {
      if (this.required) {
        throw new RepositoryError('ERR_REPOSITORY_VERITY_MISSING', `${path} has no fs-verity`, {
          path,
          digest: expected.hex,
        })
      }
      if (verify) assertDigest(this.compute(file), expected, path)
      return { hasVerity: false }
    }
    assertDigest(measured.state === 'enabled' ? measured.digest : undefined, expected, path)
    return { hasVerity: true }
  }

  /** The digest of a file from its content. */
  compute(file: FileDescriptor): Digest {
    const digest = createFsverity({ algorithm: this.algorithm, hashing: this.hashing })
    for (const piece of readPieces(file)) digest.update(piece)
    return digest.digest()
  }

  #noteUnsupported(): void {
    // A repository lies on one file system, so nobody needs to ask again. A secure one does, to be sure.
    if (!this.required) this.#isUnsupported = true
  }
}

/**
 * Enables fs-verity on a frozen file, or tells why that cannot be.
 *
 * A child that another thread forks inherits every descriptor until it executes its program, one that is open for
 * writing too. That passes within milliseconds; if it does not, a copy helps.
 *
 * @throws RepositoryError ERR_REPOSITORY_VERITY_BUSY
 */
export function enableVerity(
  staged: StagedFile,
  system: System,
  algorithm: Algorithm,
): 'enabled' | NoVerity {
  for (const isCopy of [false, true]) {
    if (isCopy) staged.copyFrozen()
    for (let tries = 0; tries < BUSY_TRIES; tries++) {
      if (tries > 0) sleep(BUSY_WAIT)
      const state = system.enableVerity(staged.file, algorithm)
      if (state === 'unsupported' || state === 'unfit') return state
      if (state !== 'busy') return 'enabled'
    }
  }
  throw new RepositoryError(
    'ERR_REPOSITORY_VERITY_BUSY',
    'fs-verity cannot be enabled: the new file is open for writing elsewhere',
  )
}

/** @throws RepositoryError ERR_REPOSITORY_DIGEST_MISMATCH */
export function assertDigest(actual: Digest | undefined, expected: Digest, path?: string): void {
  if (actual?.equals(expected)) return
  throw new RepositoryError(
    'ERR_REPOSITORY_DIGEST_MISMATCH',
    `${path ?? 'content'}: the digest is ${actual?.hex ?? 'of another algorithm'}, not ${expected.hex}`,
    {
      ...(path === undefined ? {} : { path }),
      digest: expected.hex,
      expected: expected.hex,
      actual: actual?.hex,
    },
  )
}

/** Why fs-verity cannot be enabled: there is none, or none of the kind that is needed. */
type NoVerity = 'unsupported' | 'unfit'

/** The error of a secure repository where fs-verity cannot be enabled. */
export function verityUnsupported(
  why: NoVerity,
  algorithm: Algorithm,
  path?: string,
): RepositoryError {
  const where = path === undefined ? 'the file system' : `the file system of ${path}`
  const message =
    why === 'unsupported'
      ? `${where}, or the kernel, has no fs-verity`
      : `${where} has fs-verity, but not with ${algorithm.name} and blocks of 4096 bytes: the blocks of the file system are smaller, the kernel is older than 6.3 and has larger pages, or it is built without ${algorithm.name}`
  const facts = path === undefined ? {} : { path }
  return new RepositoryError('ERR_REPOSITORY_VERITY_UNSUPPORTED', message, facts)
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
