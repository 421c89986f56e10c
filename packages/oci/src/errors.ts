/** Everything that can be wrong with an image, its source or what is stored of it. Codes are API: append, never rename. */
export type OciErrorCode =
  // JSON documents and descriptors.
  | 'ERR_OCI_BAD_JSON'
  | 'ERR_OCI_DUPLICATE_KEY'
  | 'ERR_OCI_AMBIGUOUS_KEY'
  | 'ERR_OCI_BAD_DIGEST'
  | 'ERR_OCI_UNSUPPORTED_DIGEST'
  | 'ERR_OCI_UNSUPPORTED_MEDIA_TYPE'
  | 'ERR_OCI_MEDIA_TYPE_MISMATCH'
  | 'ERR_OCI_BAD_SCHEMA_VERSION'
  | 'ERR_OCI_LAYER_COUNT_MISMATCH'
  // References and sources.
  | 'ERR_OCI_BAD_REFERENCE'
  | 'ERR_OCI_UNKNOWN_TRANSPORT'
  | 'ERR_OCI_UNSUPPORTED_TRANSPORT'
  | 'ERR_OCI_SOURCE_NOT_FOUND'
  | 'ERR_OCI_NOT_A_LAYOUT'
  | 'ERR_OCI_UNSUPPORTED_LAYOUT_VERSION'
  | 'ERR_OCI_BAD_ARCHIVE'
  | 'ERR_OCI_TAG_NOT_FOUND'
  | 'ERR_OCI_AMBIGUOUS_TAG'
  | 'ERR_OCI_NO_MATCHING_PLATFORM'
  | 'ERR_OCI_INDEX_TOO_DEEP'
  | 'ERR_OCI_MISSING_BLOB'
  // Bytes that are not what their descriptor or diff id says.
  | 'ERR_OCI_SIZE_MISMATCH'
  | 'ERR_OCI_DIGEST_MISMATCH'
  | 'ERR_OCI_DIFF_ID_MISMATCH'

/** What an OciError knows beside its message. */
export interface OciErrorFacts {
  /** Byte offset in the document, blob or uncompressed layer. */
  readonly offset?: number
  readonly path?: string
  readonly expected?: unknown
  readonly actual?: unknown
  /** Number of the layer, the lowest being 1. */
  readonly layer?: number
  readonly diffId?: string
  /** Path of the layer's entry, escaped as in a dump. */
  readonly entry?: string
  readonly digest?: string
  readonly mediaType?: string
  readonly reference?: string
  readonly tag?: string
  /** What could have been chosen instead: tags, platforms, transports or digests. */
  readonly choices?: readonly string[]
}

/** The one error this package throws for what it reads; system calls keep their Node-shaped errors. */
export class OciError extends Error {
  override readonly name = 'OciError'
  readonly code: OciErrorCode
  readonly facts: OciErrorFacts

  constructor(
    code: OciErrorCode,
    message: string,
    facts: OciErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for an OciError, whichever copy of this package made it, and of this code if one is given. */
export function isOciError(error: unknown, code?: OciErrorCode): error is OciError {
  return (
    error instanceof Error &&
    error.name === 'OciError' &&
    (code === undefined || (error as OciError).code === code)
  )
}
