import type { ErofsVersion } from '@composefs/erofs'
import type { Algorithm, Digest, Hashing } from '@composefs/fsverity'
import type { DecoderEngine } from '@composefs/repository'
import type { Platform } from '../document/platform.ts'
import type { Notice } from '../notice.ts'
import type { Progress } from '../progress.ts'
import type { XattrMode } from '../xattr-mode.ts'

/** Which ids to compute, and how. */
export interface DigestsOptions {
  /** Default: SHA-256 and SHA-512. */
  readonly algorithms?: readonly Algorithm[]
  /** Formats of the images. Default: 1 and 2. */
  readonly versions?: readonly ErofsVersion[]
  /** Which xattrs of the layers the images keep. Default: `allowlist-only`. */
  readonly xattrs?: XattrMode
  /** The boot variants, too. */
  readonly bootable?: boolean
  /** Every image that the source has, not only that of its platform. */
  readonly allPlatforms?: boolean
  /** Refuse layers that leave out the entries of parent directories. */
  readonly strict?: boolean
  /** Who hashes. Default: the hashes of node:crypto. */
  readonly hashing?: Hashing
  /** Who decompresses. Default: node:zlib. */
  readonly decoders?: DecoderEngine
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Gets what a person should know although it is no error. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The id that an image gets in a repository of one algorithm and format. */
export interface ImageId {
  readonly algorithm: Algorithm
  readonly erofsVersion: ErofsVersion
  readonly bootable: boolean
  readonly xattrs: XattrMode
  readonly digest: Digest
}

/** One image and its ids. */
export interface ImageDigests {
  readonly manifestDigest: string
  /** Digest of the Docker manifest that the manifest was converted from. */
  readonly dockerManifestDigest: string | null
  readonly configDigest: string
  /** As the config says. */
  readonly platform: Platform | null
  /** By algorithm, format, plain before bootable. */
  readonly ids: readonly ImageId[]
}
