import { concatBytes } from '@composefs/bytes'
import type { ErofsVersion } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { DataSharing, type Repository, RepositoryError } from '@composefs/repository'
import { JSON_SIZE_MAX } from '../document/json.ts'
import { assertDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import type { Notice } from '../notice.ts'
import { type Progress, ProgressReport } from '../progress.ts'
import type { PulledReferrer, PullOptions } from '../pull/pull-options.ts'
import { pullReferrers } from '../pull/pull-referrers.ts'
import { storeImage } from '../pull/store-image.ts'
import { inImage } from '../source/in-image.ts'
import { type PullPlan, planPull } from '../source/plan.ts'
import { keptBlob } from '../store/kept-blob.ts'
import { openImage, type StoredImage } from '../store/open-image.ts'
import { tagName } from '../store/tags.ts'
import type { ReceivedCounts } from './copy-stream.ts'
import { RepositorySupply } from './repository-supply.ts'
import { storedSource } from './stored-source.ts'

/** How to copy an image. */
export interface CopyOptions {
  /** The name the image gets. Without one it has none, and the next garbage collection removes it. */
  readonly tag?: string | undefined
  /**
   * Copy no content: where blocks cannot be shared, files are linked, and where that fails it is an error. Otherwise
   * blocks are shared where that is possible.
   */
  readonly mustShare?: boolean
  /** Also make the boot variant. Without it none is made, whatever the other repository has. */
  readonly bootable?: boolean
  /** Also copy what refers to the image. */
  readonly referrers?: boolean
  /** Refuse layers that leave out the entries of parent directories. */
  readonly strict?: boolean
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly onNotice?: ((notice: Notice) => void) | undefined
  /** Stops the copy between two pieces; layers that are complete stay. */
  readonly signal?: AbortSignal | undefined
}

/** One layer of a copied image. */
export interface CopiedLayer {
  /** Of a container image; of an artifact the digest of the blob. */
  readonly diffId: string
  /** Digest of the blob. */
  readonly digest: string
  readonly status: 'copied' | 'present'
  /** Bytes of the blob. */
  readonly size: number
  /** True when the blob is there as it came, too. */
  readonly isBlobKept: boolean
}

/** What a copy has done. */
export interface CopyResult {
  readonly manifestDigest: string
  readonly configDigest: string
  /** Object id of the manifest's stream. */
  readonly manifestVerity: Digest
  /** Object id of the config's stream. */
  readonly configVerity: Digest
  readonly tag: string | null
  readonly isArtifact: boolean
  /** The boot image of the default format; also when an earlier pull or copy made it. */
  readonly composefsBootErofs: Digest | null
  /** The plain images, the default format first. */
  readonly images: readonly { readonly version: ErofsVersion; readonly digest: Digest }[]
  /** In the order of the image, base first. */
  readonly layers: readonly CopiedLayer[]
  readonly referrers: readonly PulledReferrer[]
  /** Objects of the layers that were copied, by how they came. */
  readonly objects: ReceivedCounts
  /** Bytes of those objects. */
  readonly bytes: ReceivedCounts
  readonly durationMs: number
}

/**
 * Copies a stored image or artifact into another repository, which may have another algorithm and other formats.
 *
 * It is a pull from a repository: layers that are there already are skipped, everything is hashed on the way, images of
 * the formats of `to` are made of the layers, and names appear at the end. Manifest, config and blobs that are kept as
 * they came stay byte for byte. Between repositories of one algorithm, streams and objects are taken over as they are.
 *
 * @param image what `openImage` takes
 * @throws OciError, RepositoryError as `openImage` and `pull` do; RepositoryError ERR_REPOSITORY_CANNOT_SHARE with
 *   `mustShare`; the reason of `signal`
 *
 * @example
 * await using from = await openRepository('/srv/build', { system })
 * await copyImage(from, 'app:1.0', repository, { tag: 'app:1.0' })
 */
export async function copyImage(
  from: Repository,
  image: string,
  to: Repository,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const started = performance.now()
  to.assertWritable()
  const { tag = null, mustShare = false } = options
  if (tag !== null) tagName(tag, '')
  if (mustShare) assertSameAlgorithm(from, to)
  const stored = await openImage(from, image)
  try {
    const copied = await copyStored(stored, { from, to, image, tag, options })
    return { ...copied, tag, durationMs: Math.round(performance.now() - started) }
  } catch (error) {
    throw error instanceof OciError ? inImage(error, image) : error
  }
}

interface CopyContext {
  readonly from: Repository
  readonly to: Repository
  readonly image: string
  readonly tag: string | null
  readonly options: CopyOptions
}

async function copyStored(
  stored: StoredImage,
  { from, to, image, tag, options }: CopyContext,
): Promise<Omit<CopyResult, 'tag' | 'durationMs'>> {
  const source = storedSource(from, stored, image)
  const supply = new RepositorySupply({
    from,
    layers: stored.manifest.isContainer ? stored.config.layers : stored.manifest.layers,
    blobs: stored.manifest.blobs,
    sharing: new DataSharing({ mustShare: options.mustShare ?? false }),
  })
  const pullOptions: PullOptions = {
    keepBlobs: true,
    bootable: options.bootable ?? false,
    strict: options.strict ?? false,
    onProgress: options.onProgress,
    onNotice: options.onNotice,
    signal: options.signal,
  }
  const plan = await withDocker(from, stored, await planPull(source, options.signal))
  const progress = new ProgressReport(options.onProgress)
  const context = { repository: to, source, plan, tag, progress, options: pullOptions, supply }
  const { manifestVerity, configVerity, images, layers, composefsBootErofs } =
    await storeImage(context)
  // Only a pull that stores nothing has none.
  if (manifestVerity === null || configVerity === null) throw new TypeError('nothing was stored')
  const referrers = options.referrers ? await pullReferrers(context) : []
  return {
    manifestDigest: plan.manifest.digest,
    configDigest: plan.config.digest,
    manifestVerity,
    configVerity,
    isArtifact: plan.isArtifact,
    composefsBootErofs,
    images,
    layers: layers.map(layer => ({
      ...layer,
      status: layer.status === 'fetched' ? 'copied' : 'present',
    })),
    referrers,
    objects: supply.objects,
    bytes: supply.bytes,
  }
}

/** The plan with the Docker manifest that the stored one was made of, if it is kept. */
async function withDocker(
  from: Repository,
  { manifest }: StoredImage,
  plan: PullPlan,
): Promise<PullPlan> {
  const { docker } = manifest
  const kept = docker && (await keptBlob(from, docker.digest))
  if (kept === undefined || kept.size > JSON_SIZE_MAX) return plan
  const bytes = concatBytes([...kept.chunks()])
  assertDigest(bytes, kept.digest, 'Docker manifest')
  return { ...plan, docker: { digest: kept.digest, bytes } }
}

function assertSameAlgorithm(from: Repository, to: Repository): void {
  if (from.algorithm === to.algorithm) return
  throw new RepositoryError(
    'ERR_REPOSITORY_CANNOT_SHARE',
    `${from.path} has ${from.algorithm.name}, ${to.path} ${to.algorithm.name}: they have no object in common`,
    { path: from.path, expected: to.algorithm.name, actual: from.algorithm.name },
  )
}
