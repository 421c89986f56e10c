/** Everything that can be wrong with a splitstream. Codes are API: append, never rename. */
export type SplitstreamErrorCode =
  /** The file ends inside its header, or the stream inside a chunk. */
  | 'ERR_SPLITSTREAM_TRUNCATED'
  | 'ERR_SPLITSTREAM_BAD_MAGIC'
  /** A version, algorithm or block size that this format version does not have. */
  | 'ERR_SPLITSTREAM_UNSUPPORTED'
  /** Made with another fs-verity algorithm than the one asked for. */
  | 'ERR_SPLITSTREAM_WRONG_ALGORITHM'
  | 'ERR_SPLITSTREAM_WRONG_CONTENT_TYPE'
  /** A range that does not lie inside the file, or a number above 2^53 - 1. */
  | 'ERR_SPLITSTREAM_OUT_OF_RANGE'
  /** A section of a length it cannot have. */
  | 'ERR_SPLITSTREAM_BAD_SECTION'
  | 'ERR_SPLITSTREAM_BAD_NAMED_REFERENCE'
  | 'ERR_SPLITSTREAM_BAD_ZSTD'
  /** A chunk that names an object reference which is not there. */
  | 'ERR_SPLITSTREAM_BAD_CHUNK'
  /** The content is longer or shorter than the stream size says. */
  | 'ERR_SPLITSTREAM_SIZE_MISMATCH'
  /** More than this implementation is willing to hold in memory. */
  | 'ERR_SPLITSTREAM_TOO_LARGE'

/** What a SplitstreamError knows beside its message. */
export interface SplitstreamErrorFacts {
  /** Byte offset in the splitstream file, or in the decompressed section for chunks and named references. */
  readonly offset?: number
  readonly section?: string
  readonly expected?: unknown
  readonly actual?: unknown
}

/** The one error that reading an untrusted splitstream throws; errors of the byte source pass through. */
export class SplitstreamError extends Error {
  override readonly name = 'SplitstreamError'
  readonly code: SplitstreamErrorCode
  readonly facts: SplitstreamErrorFacts

  constructor(
    code: SplitstreamErrorCode,
    message: string,
    facts: SplitstreamErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for a SplitstreamError, whichever copy of this package made it, and of this code if one is given. */
export function isSplitstreamError(
  error: unknown,
  code?: SplitstreamErrorCode,
): error is SplitstreamError {
  return (
    error instanceof Error &&
    error.name === 'SplitstreamError' &&
    (code === undefined || (error as SplitstreamError).code === code)
  )
}
