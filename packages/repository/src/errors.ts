/** Everything that can be wrong with a repository. Codes are API: append, never rename. */
export type RepositoryErrorCode =
  /** The directory does not exist. */
  | 'ERR_REPOSITORY_NOT_FOUND'
  | 'ERR_REPOSITORY_NOT_A_DIRECTORY'
  /** The directory holds neither meta.json nor objects. */
  | 'ERR_REPOSITORY_NOT_INITIALIZED'
  /** Objects without meta.json, and the caller wants no upgrade. */
  | 'ERR_REPOSITORY_LEGACY'
  /** Objects without meta.json, and none that tells the algorithm. */
  | 'ERR_REPOSITORY_LEGACY_EMPTY'
  | 'ERR_REPOSITORY_BAD_METADATA'
  | 'ERR_REPOSITORY_UNSUPPORTED_VERSION'
  | 'ERR_REPOSITORY_UNSUPPORTED_ALGORITHM'
  /** A feature this version does not know: an incompatible one on opening, a read-only-compatible one on writing. */
  | 'ERR_REPOSITORY_UNSUPPORTED_FEATURE'
  | 'ERR_REPOSITORY_ALGORITHM_MISMATCH'
  /** init: a repository of another configuration is there. */
  | 'ERR_REPOSITORY_CONFLICT'
  /** fs-verity is demanded of a repository without it. */
  | 'ERR_REPOSITORY_INSECURE'
  | 'ERR_REPOSITORY_READ_ONLY'
  /** Another process holds the lock, and the time to wait is over. */
  | 'ERR_REPOSITORY_LOCKED'
  | 'ERR_REPOSITORY_VERITY_UNSUPPORTED'
  | 'ERR_REPOSITORY_VERITY_MISSING'
  /** fs-verity cannot be enabled because some process keeps the file open for writing. */
  | 'ERR_REPOSITORY_VERITY_BUSY'
  /** Content that is not what its name says. */
  | 'ERR_REPOSITORY_DIGEST_MISMATCH'
  | 'ERR_REPOSITORY_OBJECT_NOT_FOUND'
  | 'ERR_REPOSITORY_OBJECT_TRUNCATED'
  | 'ERR_REPOSITORY_OBJECT_TOO_LARGE'
  /** Something other than a regular file where one belongs. */
  | 'ERR_REPOSITORY_NOT_A_FILE'
  | 'ERR_REPOSITORY_STREAM_NOT_FOUND'
  | 'ERR_REPOSITORY_IMAGE_NOT_FOUND'
  /** A name that streams, images or refs cannot have. */
  | 'ERR_REPOSITORY_BAD_NAME'
  /** Something other than a symlink where one belongs, or a symlink that points to no object. */
  | 'ERR_REPOSITORY_BAD_LINK'
  /** A ref below another ref, or in the place of a directory of refs. */
  | 'ERR_REPOSITORY_REF_CONFLICT'
  /** A file that changed while a directory was read. */
  | 'ERR_REPOSITORY_SCAN_CHANGED'
  /** A file that no image can hold: a device number above 32 bits, directories too deep, an unknown type. */
  | 'ERR_REPOSITORY_SCAN_UNSUPPORTED'
  /** Data of two repositories that cannot be shared between them. */
  | 'ERR_REPOSITORY_CANNOT_SHARE'
  /** Something other than a directory where one of the repository's own belongs: a symlink to one, too. */
  | 'ERR_REPOSITORY_BAD_DIRECTORY'
  /** Something is broken, so that what is garbage cannot be told. */
  | 'ERR_REPOSITORY_GC_REFUSED'

/** Something that keeps us from telling what a repository needs. */
export interface Broken {
  /** Relative to the repository; bytes that are not UTF-8 show as U+FFFD. */
  readonly path: string
  readonly reason: string
  /** Path of a root that needs it. */
  readonly neededBy?: string
  /**
   * How to go on in spite of it: `remove` the link that it is, `skip` what is nobody's, or not at all.
   */
  readonly remedy: 'remove' | 'skip' | 'none'
}

/** What a RepositoryError knows beside its message. */
export interface RepositoryErrorFacts {
  readonly path?: string
  readonly name?: string
  /** Hex of an object's digest. */
  readonly digest?: string
  readonly expected?: unknown
  readonly actual?: unknown
  readonly features?: readonly string[]
  /** What stops the garbage collection: the first of `brokenCount`. */
  readonly broken?: readonly Broken[]
  readonly brokenCount?: number
  /** Processes that hold the lock. Command names are as the processes chose them. */
  readonly holders?: readonly { readonly pid: number; readonly command: string }[]
}

/** The one error this package throws for what it finds; system calls keep their Node-shaped errors. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError'
  readonly code: RepositoryErrorCode
  readonly facts: RepositoryErrorFacts

  constructor(
    code: RepositoryErrorCode,
    message: string,
    facts: RepositoryErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for a RepositoryError, whichever copy of this package made it, and of this code if one is given. */
export function isRepositoryError(
  error: unknown,
  code?: RepositoryErrorCode,
): error is RepositoryError {
  return (
    error instanceof Error &&
    error.name === 'RepositoryError' &&
    (code === undefined || (error as RepositoryError).code === code)
  )
}

/** True for an error of a system call with one of these codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
