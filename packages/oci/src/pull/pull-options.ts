import type { ErofsVersion } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import type { Platform } from '../document/platform.ts'
import type { Notice } from '../notice.ts'
import type { Progress } from '../progress.ts'
import type { OpenSourceOptions } from '../source/open-source.ts'
import type { LinkedImage } from '../store/image-references.ts'

/** How to pull, and, for references, how to open the source. */
export interface PullOptions extends Omit<OpenSourceOptions, 'platform' | 'signal' | 'onNotice'> {
  /** The name the image gets. Default: the reference as given. */
  readonly tag?: string | undefined
  /** Store the image without a name; the next garbage collection removes it. */
  readonly noTag?: boolean
  /** Default: that of this machine. Only for references; a source has its own. */
  readonly platform?: Platform | undefined
  /** Most layers at once, of a source that is not local. Default: 4. */
  readonly jobs?: number | undefined
  /**
   * Keep each packed layer as it came beside its contents, so that the image can be exported and pushed byte for byte.
   * References to blobs that an earlier pull kept stay in any case.
   */
  readonly keepBlobs?: boolean
  /** Also make the boot variant: /boot and /sysroot emptied, files labelled by the SELinux policy of the image. */
  readonly bootable?: boolean
  /**
   * With `bootable`: the id that the boot image must have. It is looked for among the xattr filters and the formats 1
   * and 2, and only the one that is found is kept.
   */
  readonly expectedBootImage?: Digest | undefined
  /** Also pull what refers to the image: signatures, attestations and the like, and what refers to those. */
  readonly referrers?: boolean
  /** Most bytes that a layer may unfold to. Default: 4 GiB, and 100 for each byte of its blob. */
  readonly maxLayerSize?: number | undefined
  /** Refuse layers that leave out the entries of parent directories. */
  readonly strict?: boolean
  /** Hash the content of layers that are there already; one that is wrong is an error. */
  readonly verifyLayers?: boolean
  /**
   * Check everything that is there already and store again what is missing or wrong. A changed object of the right
   * size is only seen by a repository opened with `verify`, or by fs-verity.
   */
  readonly repair?: boolean
  /** Find out what would be fetched, and change nothing. */
  readonly dryRun?: boolean
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Gets what a person should know although it is no error. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
  /** Stops the pull between two pieces; layers that are complete stay. */
  readonly signal?: AbortSignal | undefined
}

/** One layer of what was pulled. */
export interface PulledLayer {
  /** Of a container image; of an artifact the digest of the blob. */
  readonly diffId: string
  /** Digest of the blob. */
  readonly digest: string
  /** `fetched` also for what a dry run would fetch. */
  readonly status: 'fetched' | 'present'
  /** Bytes of the blob. */
  readonly size: number
  /** True when the blob is there as it came, too. */
  readonly isBlobKept: boolean
}

/** A manifest that refers to the image, or to another of these. */
export interface PulledReferrer {
  readonly manifestDigest: string
  /** The manifest it says something about. */
  readonly subject: string
  /** What it is, such as the media type of a signature; null where it does not tell. */
  readonly artifactType: string | null
  readonly status: 'fetched' | 'present'
}

/** What a pull stored. Only the layers that were read count. */
export interface PullStatistics {
  /** Files that became new objects. */
  readonly objectsNew: number
  /** Files that were there as objects. */
  readonly objectsPresent: number
  /** Bytes of the new objects. */
  readonly bytesStored: number
  /** Bytes that stayed inside the splitstreams. */
  readonly bytesInlined: number
  /** Bytes of the blobs that were read. */
  readonly bytesFetched: number
}

/** What a pull has done. */
export interface PullResult {
  /** The reference as given, or the description of the source. */
  readonly imageRef: string
  readonly manifestDigest: string
  /** Digest of the Docker manifest that the manifest was converted from. */
  readonly dockerManifestDigest: string | null
  readonly configDigest: string
  /** Object id of the manifest's stream; null after a dry run. */
  readonly manifestVerity: Digest | null
  /** Object id of the config's stream; null after a dry run. */
  readonly configVerity: Digest | null
  readonly tag: string | null
  readonly isArtifact: boolean
  /** The manifest an artifact says something about. */
  readonly subject: string | null
  /** The plain image of the first format; null for artifacts and after a dry run. */
  readonly composefsErofs: Digest | null
  /** The boot image of the first format, or the expected one; also when an earlier pull made it. */
  readonly composefsBootErofs: Digest | null
  /** What that image is. */
  readonly bootImage: LinkedImage | null
  /** Every plain image made or found, in the order of the formats. */
  readonly images: readonly { readonly version: ErofsVersion; readonly digest: Digest }[]
  readonly statistics: PullStatistics
  /** In the order of the image, base first; a layer that comes twice is listed twice. */
  readonly layers: readonly PulledLayer[]
  /** With `referrers`: what was found, each after its subject. */
  readonly referrers: readonly PulledReferrer[]
  readonly dryRun: boolean
  readonly durationMs: number
}
