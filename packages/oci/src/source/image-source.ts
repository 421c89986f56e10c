import type { ReadOptions } from '../disk/read-range.ts'
import type { Descriptor } from '../document/descriptor.ts'

/** A manifest as it came, and the name it came under. */
export interface ManifestBytes {
  /** The bytes whose SHA-256 is `digest`. */
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly digest: string
}

/** Where an image comes from. */
export interface ImageSource {
  /** For messages: the reference or path of the image. */
  readonly description: string
  /** True when reading again costs nothing but time: a pull then syncs once, at its end. */
  readonly isLocal: boolean
  /**
   * True for a source that has only the tars of layers: `blob` gives these, whatever the descriptor of a layer says, and
   * the diff id is all that proves them. Default: false.
   */
  readonly hasUnpackedLayers?: boolean
  /** The manifest that was asked for, its size and digest checked. */
  manifest(options?: { readonly signal?: AbortSignal | undefined }): Promise<ManifestBytes>
  /**
   * All manifests that the reference stands for, whatever their platform, read by `blob`: those of an index, or the one
   * there is. Undefined for a source that can only give one.
   *
   * @throws OciError ERR_OCI_TAG_NOT_FOUND, ERR_OCI_INDEX_TOO_DEEP, ERR_OCI_UNSUPPORTED_MEDIA_TYPE, and what reading
   * and parsing the indexes throws
   */
  manifests?(options?: {
    readonly signal?: AbortSignal | undefined
  }): Promise<readonly Descriptor[]>
  /**
   * The bytes of a blob, as many as its descriptor says. Whoever reads them checks the digest. Each chunk is the
   * caller's own, unless chunks may be short-lived. Manifests and indexes are blobs too, wherever the source keeps them.
   *
   * @throws OciError ERR_OCI_MISSING_BLOB, ERR_OCI_SIZE_MISMATCH
   */
  blob(descriptor: Descriptor, options?: ReadOptions): AsyncIterable<Uint8Array>
  /**
   * Manifests whose subject is the manifest of that digest: signatures, attestations and the like. Undefined for a
   * source that cannot tell.
   */
  referrers?(
    digest: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly Descriptor[]>
  /** Lets go of files, connections and processes. */
  close(): Promise<void>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
