import { type Algorithm, type Hashing, SHA256, SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { FileTree } from '@composefs/tree'
import { parseConfig } from '../document/config.ts'
import { OciError } from '../errors.ts'
import { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { inImage } from '../source/in-image.ts'
import type { PullPlan } from '../source/plan.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { LayerMerger } from '../tree/merge.ts'
import { DEFAULT_XATTR_MODE } from '../xattr-mode.ts'
import { DigestSink } from './digest-sink.ts'
import type { DigestsOptions, ImageDigests } from './digests-options.ts'
import { type ImageIdsOptions, imageIds } from './image-ids.ts'
import { planImages } from './plan-images.ts'
import { PolicyContents } from './policy-contents.ts'
import { type LayerReading, readLayer } from './read-layer.ts'
import { readPolicyAgain } from './read-policy-again.ts'

/**
 * Computes the ids that an image gets when it is pulled, without a repository and without a file: each layer is read
 * once, from the lowest to the highest, checked as a pull checks it, and forgotten.
 *
 * With `allPlatforms` it does so for each image of the source. Layers that images have in common are read again for
 * each; nothing is kept that could make them cheaper. Artifacts and attestations among the images are left out.
 *
 * Memory: about 150 bytes for every name of the merged image and every algorithm, beside the buffers of the one layer
 * that is read, a few MiB. Of contents, only those of the SELinux policy are kept, and only for boot variants: 32 MiB
 * at most. A policy whose files are hard links to something else costs a second pass, since that shows at the end only.
 *
 * @throws OciError what pulling the image would throw, ERR_OCI_NOT_AN_IMAGE for artifacts; with `bootable` what
 *   bootTransform throws; the reason of `signal`; errors of the source
 *
 * @example
 * await using source = await openSource('oci:/srv/layout:latest')
 * const [image] = await computeDigests(source, { algorithms: [SHA512], versions: [1] })
 */
export async function computeDigests(
  source: ImageSource,
  options: DigestsOptions = {},
): Promise<readonly ImageDigests[]> {
  try {
    return await computeAll(source, options)
  } catch (error) {
    throw error instanceof OciError ? inImage(error, source.description) : error
  }
}

/** What all images of one call have in common. */
interface Work extends LayerReading, Omit<ImageIdsOptions, 'policy'> {
  readonly algorithms: readonly Algorithm[]
  readonly hashing: Hashing
  readonly options: DigestsOptions
  readonly progress: ProgressReport
}

async function computeAll(
  source: ImageSource,
  options: DigestsOptions,
): Promise<readonly ImageDigests[]> {
  const progress = new ProgressReport(options.onProgress)
  const work: Work = {
    source,
    algorithms: options.algorithms ?? [SHA256, SHA512],
    versions: options.versions ?? [1, 2],
    xattrs: options.xattrs ?? DEFAULT_XATTR_MODE,
    hashing: options.hashing ?? nodeHashing,
    decoders: options.decoders,
    signal: options.signal ?? new AbortController().signal,
    turns: new EventLoopTurns(),
    onNotice: message => options.onNotice?.({ level: 'notice', message }),
    options,
    progress,
  }
  const plans = await planImages(source, options)
  const layers = plans.flatMap(plan => plan.layers)
  progress.start(
    layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    layers.length,
  )
  const images: ImageDigests[] = []
  for (const plan of plans) images.push(await imageDigests(plan, work))
  progress.finish()
  return images
}

async function imageDigests(plan: PullPlan, work: Work): Promise<ImageDigests> {
  const { options, progress, algorithms } = work
  const policy = options.bootable ? new PolicyContents() : undefined
  const trees = await mergeLayers(plan, policy, work)
  const [first] = trees
  if (policy !== undefined && first !== undefined) {
    await readPolicyAgain(first, {
      reading: work,
      layers: plan.layers,
      algorithms,
      policy,
      onStart: () => progress.message('reading the layers again for the SELinux policy'),
    })
  }
  progress.message('computing the ids')
  const ids: ImageDigests['ids'][number][] = []
  for (let tree = trees.shift(); tree !== undefined; tree = trees.shift()) {
    work.signal.throwIfAborted()
    // The trees differ in digests alone, so what there is to say has been said.
    const onNotice = ids.length === 0 ? work.onNotice : () => {}
    ids.push(...imageIds(tree, { ...work, policy, onNotice }))
    await work.turns.take()
  }
  return {
    manifestDigest: plan.manifest.digest,
    dockerManifestDigest: plan.docker?.digest ?? null,
    configDigest: plan.config.digest,
    platform: parseConfig(plan.config.bytes).platform ?? null,
    ids,
  }
}

/** Reads the layers and gives the merged tree of each algorithm. */
async function mergeLayers(
  plan: PullPlan,
  policy: PolicyContents | undefined,
  work: Work,
): Promise<FileTree[]> {
  const { algorithms, hashing, options, progress } = work
  const mergers = algorithms.map(
    (algorithm, index) =>
      new LayerMerger(algorithm, {
        strict: options.strict ?? false,
        onWarning({ message }) {
          if (index === 0) options.onNotice?.({ level: 'warning', message })
        },
      }),
  )
  const sink = new DigestSink({ algorithms, hashing, mergers, policy })
  for (const [index, layer] of plan.layers.entries()) {
    const transfer = progress.transfer(layer.id, layer.descriptor.size)
    for (const merger of mergers) merger.beginLayer({ index, diffId: layer.id })
    await readLayer(layer, work, { sink, onProgress: transfer.fetched })
    transfer.done()
  }
  return mergers.map(merger => merger.finish())
}
