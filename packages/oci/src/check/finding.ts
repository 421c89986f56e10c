import type { Digest } from '@composefs/fsverity'
import type { CheckReport } from '@composefs/repository'

/** What can be wrong with a stored image. Kinds are API: append, never rename. The first ones are those of cfsctl. */
export type OciFindingKind =
  | 'manifest-read-failed'
  | 'manifest-digest-mismatch'
  | 'manifest-parse-failed'
  /** The manifest's stream does not refer to its config. */
  | 'config-ref-missing'
  | 'config-read-failed'
  | 'config-digest-mismatch'
  | 'config-parse-failed'
  /** The config's stream does not refer to one of its layers. */
  | 'layer-ref-missing'
  /** There is no `streams/oci-layer-…`. */
  | 'layer-stream-missing'
  | 'layer-check-failed'
  /** The object of the layer's stream is not there. */
  | 'layer-object-missing'
  /** The image that the seal label names cannot be opened. */
  | 'seal-image-missing'
  | 'artifact-layer-ref-missing'
  | 'artifact-layer-object-missing'
  /** A tag that leads to no manifest. */
  | 'ref-resolve-failed'
  | 'invalid-ref-name'
  /** There is no `streams/oci-config-…`: a garbage collection would not see what the config needs. */
  | 'config-stream-missing'
  /** Objects of the layer's files are not there. */
  | 'layer-incomplete'
  /** The config refers to an EROFS image that `images/` does not have, so it cannot be mounted. */
  | 'image-link-missing'
  /** The seal label names an image that is not one of these layers. */
  | 'seal-image-mismatch'
  /** A blob that is kept beside its layer, or as the original of a manifest, is not there, or has no name. */
  | 'blob-missing'
  /** A stream whose content is not what the digest in its name says. */
  | 'content-digest-mismatch'
  /** A stream whose content is longer or shorter than its header, or than the sizes of its objects, say. */
  | 'stream-size-mismatch'
  /** A stream whose compressed content cannot be read. */
  | 'stream-content-invalid'

/** Something that is wrong with an image. */
export interface OciFinding {
  readonly kind: OciFindingKind
  /** The tag, or the path of a stream that is wrong by itself: `streams/oci-layer-…`. */
  readonly name: string
  /** What is known beyond that; empty when that is all. */
  readonly detail: string
  /** The object that is missing or wrong, where it is one. */
  readonly object?: Digest
}

/** What a check of the stored images found. */
export interface OciImagesReport {
  readonly imagesChecked: number
  readonly imagesCorrupted: number
  /** In the order of the tags, then of the streams. */
  readonly findings: readonly OciFinding[]
  /** Findings beyond those that are listed. */
  readonly findingsOmitted: number
}

/** What a check of a repository and its images found. */
export interface OciCheckReport extends OciImagesReport {
  /** True when neither the repository nor an image has findings. */
  readonly ok: boolean
  readonly repository: CheckReport
}

/** The line that cfsctl prints for a finding: `fsck: KIND: TAG: DETAIL`. */
export function formatOciFinding({ kind, name, detail }: OciFinding): string {
  return detail === '' ? `fsck: ${kind}: ${name}` : `fsck: ${kind}: ${name}: ${detail}`
}
