import type { Compression } from '../decompress/detect.ts'
import type { Notice } from '../notice.ts'
import type { Progress } from '../progress.ts'

/** How to export an image. */
export interface ExportOptions {
  /**
   * How layers are packed whose packed form cannot be had. Default: gzip. The others stay as they are, whatever this
   * says.
   */
  readonly compression?: Compression | undefined
  /** Most layers at once. Default: as many as there are processors, at most 4. */
  readonly jobs?: number | undefined
  /**
   * Where a layer that is packed anew is kept until it is taken, as an unnamed file. Default: the temporary directory
   * of the system.
   */
  readonly temporaryDirectory?: string | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Gets what a person should know although it is no error. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How a target came to have a layer. */
export type ExportedLayerStatus =
  /** The target had it. */
  | 'present'
  /** A registry took it from another of its repositories. */
  | 'mounted'
  /** The blob was kept as it came, and was copied. */
  | 'copied'
  /** The tar is the blob, and was put together from its parts. */
  | 'recreated'
  /** The tar was put together and packed anew: the blob is another one than the image had. */
  | 'recompressed'

/** One layer of an exported image. */
export interface ExportedLayer {
  /** Of a container image; of an artifact the digest of the blob. */
  readonly diffId: string
  /** Digest of the blob that the target has. */
  readonly digest: string
  /** Digest of the blob in the stored manifest. */
  readonly sourceDigest: string
  readonly status: ExportedLayerStatus
  /** Bytes of the blob that the target has. */
  readonly size: number
}

/** What an export has done. */
export interface ExportResult {
  /** The target. */
  readonly target: string
  /** Of the manifest that the target has, or that reading it makes up. */
  readonly manifestDigest: string
  /** Of the stored manifest. */
  readonly sourceManifestDigest: string
  /** Configs are never changed. */
  readonly configDigest: string
  /** True where the two manifests differ. */
  readonly changed: boolean
  readonly isArtifact: boolean
  /** In the order of the image, base first. */
  readonly layers: readonly ExportedLayer[]
  /** Bytes of the blobs that were not there. */
  readonly bytesUploaded: number
  readonly durationMs: number
}
