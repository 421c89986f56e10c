/** Everything that can be wrong with an image, or with a tree that is to become one. Codes are API: append, never rename. */
export type ErofsErrorCode =
  /** Shorter than what its superblock needs or says. */
  | 'ERR_EROFS_TRUNCATED'
  /** Larger than the caller or the format allows. */
  | 'ERR_EROFS_TOO_LARGE'
  | 'ERR_EROFS_BAD_MAGIC'
  /** A version, feature or layout that composefs images do not have. */
  | 'ERR_EROFS_UNSUPPORTED'
  /** A place outside the image. */
  | 'ERR_EROFS_OUT_OF_RANGE'
  /** An inode whose fields contradict each other or its place in the tree. */
  | 'ERR_EROFS_BAD_INODE'
  /** Entries of a directory that are malformed, out of order, or do not fit the inodes they lead to. */
  | 'ERR_EROFS_BAD_DIRECTORY'
  /** A directory that is reached twice. */
  | 'ERR_EROFS_LOOP'
  | 'ERR_EROFS_TOO_DEEP'
  | 'ERR_EROFS_BAD_LINK_COUNT'
  | 'ERR_EROFS_BAD_XATTR'
  /** A metacopy or redirect xattr that overlayfs or this repository does not understand. */
  | 'ERR_EROFS_BAD_OVERLAY'
  | 'ERR_EROFS_BAD_SYMLINK'
  /** A whiteout with several names, in the wrong form or in the wrong place, or a missing stub. */
  | 'ERR_EROFS_BAD_WHITEOUT'
  /** Inline content above the limit of the version. */
  | 'ERR_EROFS_INLINE_TOO_LONG'
  /** Inodes that claim more bytes together than the image has. */
  | 'ERR_EROFS_OVERLAP'
  /** A tree that this version of the format cannot hold. */
  | 'ERR_EROFS_LIMIT'

/** What is known about the place of an error. */
export interface ErofsErrorFacts {
  /** In bytes from the start of the image. */
  readonly offset?: number
  readonly nid?: number
  /** Path of the entry, for people: what is not UTF-8 shows as U+FFFD. */
  readonly path?: string
  readonly expected?: string | number | bigint
  readonly actual?: string | number | bigint
}

/** The one error that reading an untrusted image throws, and that writing one throws for the tree. */
export class ErofsError extends Error {
  override readonly name = 'ErofsError'
  readonly code: ErofsErrorCode
  readonly facts: ErofsErrorFacts

  constructor(
    code: ErofsErrorCode,
    message: string,
    facts: ErofsErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for an ErofsError, whichever copy of this package made it, and of this code if one is given. */
export function isErofsError(error: unknown, code?: ErofsErrorCode): error is ErofsError {
  return (
    error instanceof Error &&
    error.name === 'ErofsError' &&
    (code === undefined || (error as ErofsError).code === code)
  )
}
