import type { CheckOptions, MendedEntry, Repository } from '@composefs/repository'
import type { OciCheckReport } from '../check/finding.ts'
import type { Platform } from '../document/platform.ts'
import type { Notice } from '../notice.ts'
import type { Progress } from '../progress.ts'
import type { OpenSourceOptions } from '../source/open-source.ts'

/** How to repair, and how to open the sources. */
export interface RepairOptions extends Omit<OpenSourceOptions, 'platform' | 'signal' | 'onNotice'> {
  /**
   * Where what is missing may come from, in this order: references as `pull` takes them, and other repositories.
   * Default: what the tags say, which are references where a pull was given no other name.
   */
  readonly from?: readonly (string | Repository)[] | undefined
  /** Compare the content of all layers with their digests too, and fetch those that are wrong. */
  readonly content?: boolean | undefined
  /** Which image of an index; default: this machine. The image that is wanted is found whatever its platform. */
  readonly platform?: Platform | undefined
  /** Most layers at once, of a source that is not local. */
  readonly jobs?: number | undefined
  /** Objects that have been checked, of how many. */
  readonly onChecked?: CheckOptions['onProgress']
  /** How the layers get on that are fetched. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly onNotice?: ((notice: Notice) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A layer that was fetched again. */
export interface RepairedLayer {
  readonly diffId: string
  /** Digest of the blob. */
  readonly digest: string
  /** Bytes of the blob. */
  readonly size: number
  /** Description of the source. */
  readonly from: string
}

/** A document that was stored again. */
export interface RepairedDocument {
  readonly kind: 'manifest' | 'config'
  readonly digest: string
}

/** Something that could not be repaired, or not by this source. */
export interface RepairFailure {
  /** The tag or digest of the image. */
  readonly name: string
  /** Description of the source that was tried; null where none was. */
  readonly from: string | null
  readonly reason: string
}

/** What a repair has done. */
export interface RepairReport {
  /** True when all is well afterwards. */
  readonly ok: boolean
  readonly before: OciCheckReport
  /** The same check again. */
  readonly after: OciCheckReport
  /** Entries that were put aside or got their fs-verity. */
  readonly entries: readonly MendedEntry[]
  /** Single objects that other repositories had. */
  readonly objectsTaken: number
  readonly bytesTaken: number
  readonly layers: readonly RepairedLayer[]
  /** Bytes of the blobs that were fetched. */
  readonly bytesFetched: number
  readonly documents: readonly RepairedDocument[]
  /** Hex of EROFS images that were made again, or got their name again. */
  readonly images: readonly string[]
  /** Links that led nowhere and that no ref needs: removed. */
  readonly linksRemoved: readonly string[]
  readonly failures: readonly RepairFailure[]
  readonly durationMs: number
}
