/** A tar that is no layer (tar/). */
type TarErrorCode =
  /** The input ends inside a header, an extension, content or padding. */
  | 'ERR_OCI_TAR_TRUNCATED'
  | 'ERR_OCI_TAR_BAD_CHECKSUM'
  /** A field that should be a number is none. */
  | 'ERR_OCI_TAR_BAD_NUMBER'
  /** A number that its use has no room for: an owner above 32 bits, a size above 64. */
  | 'ERR_OCI_TAR_NUMBER_OUT_OF_RANGE'
  /** A size that no file can have. */
  | 'ERR_OCI_TAR_BAD_SIZE'
  /** A size on an entry that has no content: readers do not agree on what follows. */
  | 'ERR_OCI_TAR_AMBIGUOUS_SIZE'
  | 'ERR_OCI_TAR_BAD_PAX_RECORD'
  /** Two extension headers of one kind for one entry, or a global one in between. */
  | 'ERR_OCI_TAR_AMBIGUOUS_EXTENSION'
  /** An extension header without an entry after it. */
  | 'ERR_OCI_TAR_ORPHAN_EXTENSION'
  | 'ERR_OCI_TAR_METADATA_TOO_LARGE'
  | 'ERR_OCI_TAR_SPARSE'
  | 'ERR_OCI_TAR_UNSUPPORTED_TYPE'
  /** A device in a header that has no device numbers. */
  | 'ERR_OCI_TAR_BAD_DEVICE'
  | 'ERR_OCI_TAR_EMPTY_NAME'
  /** A NUL inside a path or link target. */
  | 'ERR_OCI_TAR_BAD_PATH'
  | 'ERR_OCI_TAR_XATTR_NAME_TOO_LONG'

/** A blob that does not decompress (decompress/). */
type CompressionErrorCode =
  | 'ERR_OCI_COMPRESSION_TRUNCATED'
  | 'ERR_OCI_COMPRESSION_CORRUPT'
  /** The CRC or length of a gzip member is wrong. */
  | 'ERR_OCI_COMPRESSION_BAD_CHECKSUM'
  /** Bytes behind the compressed data that nobody would read. */
  | 'ERR_OCI_COMPRESSION_TRAILING_DATA'
  | 'ERR_OCI_COMPRESSION_WINDOW_TOO_LARGE'
  /** A known format that layers do not come in: bzip2, xz, … */
  | 'ERR_OCI_COMPRESSION_UNSUPPORTED'

/** Bytes that are not what their descriptor or diff id says, or a stored layer that is none. */
type LayerErrorCode =
  | 'ERR_OCI_DIGEST_MISMATCH'
  | 'ERR_OCI_SIZE_MISMATCH'
  | 'ERR_OCI_DIFF_ID_MISMATCH'
  /** Larger than the caller allows. */
  | 'ERR_OCI_LAYER_TOO_LARGE'
  /** A stored layer whose inline and external chunks do not fit its tar headers. */
  | 'ERR_OCI_LAYER_STREAM'
  /** A stored layer names an object that has not the size in the tar header. */
  | 'ERR_OCI_LAYER_OBJECT_SIZE'

/** Layers that make no tree (merge.ts, transform.ts). */
type TreeErrorCode =
  | 'ERR_OCI_TREE_BAD_PATH'
  | 'ERR_OCI_TREE_NAME_TOO_LONG'
  | 'ERR_OCI_TREE_SYMLINK_TOO_LONG'
  | 'ERR_OCI_TREE_EMPTY_SYMLINK'
  | 'ERR_OCI_TREE_XATTR_TOO_LONG'
  | 'ERR_OCI_TREE_BAD_DEVICE'
  | 'ERR_OCI_TREE_NOT_A_DIRECTORY'
  | 'ERR_OCI_TREE_MISSING_PARENT'
  | 'ERR_OCI_TREE_MISSING_HARDLINK_TARGET'
  | 'ERR_OCI_TREE_HARDLINK_TO_DIRECTORY'
  | 'ERR_OCI_TREE_BAD_WHITEOUT'
  /** A file larger than the 2^53 bytes that an image can describe. */
  | 'ERR_OCI_TREE_FILE_TOO_LARGE'
  /** More directories above each other than readers of images follow. */
  | 'ERR_OCI_TREE_TOO_DEEP'
  /** More entries or bytes than one tree holds. */
  | 'ERR_OCI_TREE_TOO_LARGE'

/** Trees that have no boot variant, or whose SELinux policy cannot be applied (boot/). */
type BootErrorCode =
  /** /usr, /boot or /sysroot is missing or no directory. */
  | 'ERR_OCI_BOOT_NO_DIRECTORY'
  /** The policy that /etc/selinux/config names lacks its file_contexts. */
  | 'ERR_OCI_POLICY_MISSING_FILE'
  /** A policy file that is no text, or a line in it that says nothing known. */
  | 'ERR_OCI_POLICY_SYNTAX'
  /** A pattern of the policy that cannot be read, or means something that is not known here. */
  | 'ERR_OCI_POLICY_BAD_PATTERN'
  /** A policy that takes more memory or steps than any that is meant to be used. */
  | 'ERR_OCI_POLICY_TOO_COMPLEX'
  /** No variant of the image has the boot image id that is expected. */
  | 'ERR_OCI_NO_EXPECTED_BOOT_IMAGE'

/** Documents of an image that say something wrong (JSON, descriptors). */
type DocumentErrorCode =
  | 'ERR_OCI_BAD_JSON'
  | 'ERR_OCI_DUPLICATE_KEY'
  /** A known key in another spelling, which other readers take for the key. */
  | 'ERR_OCI_AMBIGUOUS_KEY'
  | 'ERR_OCI_BAD_DIGEST'
  | 'ERR_OCI_UNSUPPORTED_DIGEST'
  | 'ERR_OCI_UNSUPPORTED_MEDIA_TYPE'
  | 'ERR_OCI_MEDIA_TYPE_MISMATCH'
  | 'ERR_OCI_BAD_SCHEMA_VERSION'
  | 'ERR_OCI_LAYER_COUNT_MISMATCH'

/** References, and where images come from. */
type SourceErrorCode =
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
  /** The program that should serve the image cannot be started. */
  | 'ERR_OCI_SKOPEO_MISSING'
  /** Skopeo is too old, or so new that nothing is known of its protocol. */
  | 'ERR_OCI_SKOPEO_VERSION'
  /** Nothing came from skopeo for the idle time-out, on every try. */
  | 'ERR_OCI_SKOPEO_TIMEOUT'
  /** Skopeo has ended before it was done, on every try. */
  | 'ERR_OCI_SKOPEO_ENDED'
  /** Skopeo cannot do what it was asked for; the message is its own. */
  | 'ERR_OCI_SKOPEO_REFUSED'
  /** An answer that the protocol of skopeo does not know. */
  | 'ERR_OCI_SKOPEO_PROTOCOL'

/** Images in the repository (store, tags, seal). */
type StoreErrorCode =
  | 'ERR_OCI_BAD_TAG'
  | 'ERR_OCI_NO_SUCH_IMAGE'
  /** A stored config or manifest that lacks a reference it must have. */
  | 'ERR_OCI_MISSING_REFERENCE'
  /** The image has no EROFS image of the wanted format. */
  | 'ERR_OCI_NO_EROFS_IMAGE'
  /** The seal label of a config contradicts the image. */
  | 'ERR_OCI_SEAL_MISMATCH'
  /** The seal label names an image that is not in the repository, or is no image id. */
  | 'ERR_OCI_SEALED_IMAGE_MISSING'
  /** A config without seal label where one is needed. */
  | 'ERR_OCI_NOT_SEALED'
  /** The image has no boot variant of the wanted format. */
  | 'ERR_OCI_NO_BOOT_IMAGE'
  /** An artifact where a container image is needed. */
  | 'ERR_OCI_NOT_AN_IMAGE'
  | 'ERR_OCI_NO_SUCH_LAYER'
  /** A shortened digest that fits several, or a config of several manifests. */
  | 'ERR_OCI_AMBIGUOUS_REFERENCE'
  /** The tag and the digest of one reference are not of the same image. */
  | 'ERR_OCI_REFERENCE_MISMATCH'
  /** A stored config or manifest that is not kept as one object. */
  | 'ERR_OCI_BAD_DOCUMENT_STREAM'
  /** Not enough room in the repository for what is to be fetched. */
  | 'ERR_OCI_NO_SPACE'

/** Where images go to (target/). */
type TargetErrorCode =
  /** There is something in the place of an archive, and nobody said that it may go; or it is no file. */
  | 'ERR_OCI_TARGET_EXISTS'
  /** A transport that images are only read from. */
  | 'ERR_OCI_UNSUPPORTED_TARGET'

/** What is to be compared (compare/). */
type CompareErrorCode =
  /** A word that names nothing. */
  | 'ERR_OCI_NO_SUCH_OPERAND'
  /** A word that names several things. */
  | 'ERR_OCI_AMBIGUOUS_OPERAND'
  /** A file that is neither an image nor a dump. */
  | 'ERR_OCI_NO_TREE'
  /** Trees whose digests are of two algorithms. */
  | 'ERR_OCI_ALGORITHMS_DIFFER'

/** Everything that can be wrong with an image. Codes are API: append, never rename. */
export type OciErrorCode =
  | TarErrorCode
  | CompressionErrorCode
  | LayerErrorCode
  | TreeErrorCode
  | BootErrorCode
  | DocumentErrorCode
  | SourceErrorCode
  | StoreErrorCode
  | TargetErrorCode
  | CompareErrorCode

/** What an OciError knows beside its message. */
export interface OciErrorFacts {
  /** Byte offset in the document, blob or uncompressed layer. */
  readonly offset?: number
  readonly path?: string
  /** Number of the line in `path`, from 1. */
  readonly line?: number
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
  /** Bytes that are needed, at least, and bytes that are free where `path` is. */
  readonly needed?: number
  readonly free?: number
  /** A program that was started, and what it was asked for. */
  readonly program?: string
  readonly method?: string
  readonly timeoutMs?: number
  readonly tries?: number
  /** Of what exists already: whether it may be replaced by whoever asks for it. */
  readonly canReplace?: boolean
  /** The other side says that another try may help. */
  readonly isRetryable?: boolean
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

  /**
   * The same error with more facts and, before the message, where it was: the caller knows the layer, what it calls
   * knows the entry. Facts that are there already stay, and so does the message of an error that knows its layer:
   * merging, which is called while a layer is read, says everything itself.
   */
  with(facts: OciErrorFacts, where?: string): OciError {
    const isLocated = this.facts.layer !== undefined || this.facts.diffId !== undefined
    const message = where === undefined || isLocated ? this.message : `${where}: ${this.message}`
    const options = this.cause === undefined ? undefined : { cause: this.cause }
    return new OciError(this.code, message, { ...facts, ...this.facts }, options)
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

/** The layer of an image that an error is about. */
export interface LayerPlace {
  readonly layer?: number | undefined
  readonly diffId?: string | undefined
}

/** The error with the layer it is about. */
export function inLayer(error: OciError, place: LayerPlace): OciError {
  const { layer, diffId } = place
  const facts = {
    ...(layer === undefined ? {} : { layer }),
    ...(diffId === undefined ? {} : { diffId }),
  }
  const where = layerText(place)
  return where === undefined ? error : error.with(facts, where)
}

/** `layer 2 (sha256:…)`, as far as it is known. */
export function layerText({ layer, diffId }: LayerPlace): string | undefined {
  if (layer === undefined) return diffId === undefined ? undefined : `layer ${diffId}`
  return diffId === undefined ? `layer ${layer}` : `layer ${layer} (${diffId})`
}
