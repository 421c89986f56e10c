import type { Repository } from '@composefs/repository'
import { OciError } from '../errors.ts'
import { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { inImage } from '../source/in-image.ts'
import { openSource } from '../source/open-source.ts'
import { planPull } from '../source/plan.ts'
import { tagName } from '../store/tags.ts'
import { previewPull } from './preview.ts'
import type { PullOptions, PullResult } from './pull-options.ts'
import { pullReferrers } from './pull-referrers.ts'
import { storeImage } from './store-image.ts'

/**
 * Brings an image or artifact into a repository and names it.
 *
 * Manifest and config are read and checked first, then the layers are stored while they are hashed, and the EROFS
 * images are made of the layers' entries. All names appear at the end, after one sync: layers, images, config,
 * manifest, tag. A pull that fails leaves no name but those of the layers that are complete, and the next one goes on
 * from there; layers of a source that is far away have their names as soon as they are complete, so that this is true
 * for a pull that was killed as well.
 *
 * Memory does not depend on the size of layers: each of those that are on their way takes a few MiB.
 *
 * @param from a reference, as `openSource` takes it, or an open source, which stays open
 * @throws OciError for anything wrong with the image; errors of the layers have `layer`, `diffId` and often `entry`;
 * ERR_OCI_NO_SPACE before or during the pull
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY and others of the repository; ErofsError for a tree that does not
 * fit the format; the reason of `signal`; errors of registries
 *
 * @example
 * const { manifestDigest, composefsErofs } = await pull(repository, 'oci:/srv/layout:latest', { tag: 'app:1.0' })
 */
export async function pull(
  repository: Repository,
  from: ImageSource | string,
  wanted: PullOptions = {},
): Promise<PullResult> {
  const started = performance.now()
  // Nothing is fetched for a repository that cannot take it, or under a name that cannot be given.
  if (!wanted.dryRun) repository.assertWritable()
  const imageRef = typeof from === 'string' ? from : from.description
  const tag = wanted.noTag ? null : (wanted.tag ?? imageRef)
  if (tag !== null) tagName(tag, '')
  const progress = new ProgressReport(wanted.onProgress)
  const source = typeof from === 'string' ? await openReference(from, wanted) : from
  try {
    const options = keepableOf(source, wanted)
    const plan = await planPull(source, options.signal)
    const context = { repository, source, plan, tag, progress, options }
    const outcome = options.dryRun
      ? await previewPull(repository, plan, options)
      : await storeImage(context)
    const wantsReferrers = options.referrers === true && options.dryRun !== true
    return {
      imageRef,
      manifestDigest: plan.manifest.digest,
      dockerManifestDigest: plan.docker?.digest ?? null,
      configDigest: plan.config.digest,
      tag,
      isArtifact: plan.isArtifact,
      subject: plan.manifest.parsed.subject?.digest ?? null,
      ...outcome,
      referrers: wantsReferrers ? await pullReferrers(context) : [],
      dryRun: options.dryRun ?? false,
      durationMs: Math.round(performance.now() - started),
    }
  } catch (error) {
    throw error instanceof OciError ? inImage(error, source.description) : error
  } finally {
    if (source !== from) await source.close()
  }
}

/** The options without what the source cannot give. */
function keepableOf(source: ImageSource, options: PullOptions): PullOptions {
  if (!source.hasUnpackedLayers || !options.keepBlobs) return options
  options.onNotice?.({
    level: 'warning',
    message: `${source.description} has its layers unpacked only: there are no blobs to keep`,
  })
  return { ...options, keepBlobs: false }
}

async function openReference(
  reference: string,
  { tag: _, onNotice: __, signal, ...options }: PullOptions,
): Promise<ImageSource> {
  return await openSource(reference, { ...options, signal })
}
