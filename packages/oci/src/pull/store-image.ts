import type { ErofsVersion } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import {
  addExpectedBootImage,
  commitBootImages,
  findBootImage,
  hasAllBootImages,
  noExpectedBootImage,
} from '../boot/boot-images.ts'
import { bootTransform } from '../boot/boot-transform.ts'
import { repositoryFiles } from '../boot/repository-files.ts'
import type { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import type { PullPlan } from '../source/plan.ts'
import { blobName, writeBlob } from '../store/blob-stream.ts'
import { commitImages, imageNames, imageVersions } from '../store/commit-images.ts'
import { configName, type StoredConfig, writeConfig } from '../store/config-stream.ts'
import type { StoredDocument } from '../store/document-stream.ts'
import { type ImageReferences, linkedBootImage, plainImage } from '../store/image-references.ts'
import { manifestName, writeManifest } from '../store/manifest-stream.ts'
import { referrerName } from '../store/referrers.ts'
import { tagName } from '../store/tags.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { LayerMerger } from '../tree/merge.ts'
import { transformTree } from '../tree/transform.ts'
import { DEFAULT_XATTR_MODE } from '../xattr-mode.ts'
import type { LayerSupply } from './fetch-layer.ts'
import { wantsBlob } from './missing-layers.ts'
import { LayerPull } from './pull-layers.ts'
import type { PullOptions, PullResult } from './pull-options.ts'
import { explainNoSpace } from './room.ts'
import { NOTHING_PULLED, type PulledLayers } from './stored-layers.ts'
import {
  findConfig,
  findManifest,
  findStored,
  type KnownPull,
  type StoredPull,
} from './stored-pull.ts'

/** What is to be stored, and where. */
export interface StoreContext {
  readonly repository: Repository
  readonly source: ImageSource
  readonly plan: PullPlan
  readonly tag: string | null
  readonly progress: ProgressReport
  readonly options: PullOptions
  /** Where the layers come from, unless from the blobs of the source. */
  readonly supply?: LayerSupply | undefined
}

/** The part of the result that depends on what is stored. */
export type Outcome = Pick<
  PullResult,
  | 'manifestVerity'
  | 'configVerity'
  | 'composefsErofs'
  | 'composefsBootErofs'
  | 'bootImage'
  | 'images'
  | 'statistics'
  | 'layers'
>

/** Brings what a plan says into the repository, as far as it is not there, and names it. */
export async function storeImage(context: StoreContext): Promise<Outcome> {
  const { repository, plan, options } = context
  const known: KnownPull = {
    config: await findConfig(repository, plan),
    manifest: await findManifest(repository, plan),
  }
  const isChecked = options.repair || options.verifyLayers
  const found = isChecked ? undefined : findStored(repository, plan, known)
  const stored = found !== undefined && lacksBootImages(context, found) ? undefined : found
  if (stored === undefined || lacksBlobs(context, stored)) {
    return await storeMissing(context, { known, stored })
  }
  reportAllPresent(context)
  const { manifest, config } = stored
  const layers = plan.layers.map(({ id, descriptor: { digest, size } }) => ({
    diffId: id,
    digest,
    status: 'present' as const,
    size,
    isBlobKept: manifest.blobs.has(digest),
  }))
  const images = await addExpected(context, config)
  if (images !== config.images) {
    const { blobs } = manifest
    // In the order of the image: what a stream refers to by name comes back sorted.
    const streams = new Map(plan.layers.map(({ id }) => [id, config.layers.get(id) as Digest]))
    const pulled = { streams, blobs, names: [], layers, statistics: NOTHING_PULLED }
    return await writeDocuments(context, { pulled, images, stored: undefined })
  }
  publish(repository, lastNames(context))
  return outcome(context, { manifest, config, images, layers, statistics: NOTHING_PULLED })
}

/** The images of a config, and the expected boot image if there is to be one and it is found. */
async function addExpected(
  { repository, plan, options, progress }: StoreContext,
  { layers, images }: Pick<StoredConfig, 'layers' | 'images'>,
): Promise<ImageReferences> {
  const expected = expectedBootImage(options)
  if (expected === undefined || plan.isArtifact) return images
  progress.message('looking for the settings of the boot image')
  const orderedLayers = plan.layers.flatMap(({ id: diffId }) => {
    const stream = layers.get(diffId)
    return stream === undefined ? [] : [{ diffId, stream }]
  })
  const { strict = false, signal } = options
  const config = { orderedLayers, trust: 'verity' as const, images }
  return await addExpectedBootImage(repository, config, { expected, strict, signal })
}

function expectedBootImage({ bootable, expectedBootImage: id }: PullOptions): Digest | undefined {
  return bootable === true ? id : undefined
}

/** True when boot images of the repository's formats are asked for, and not all are there. */
function lacksBootImages(
  { repository, plan, options }: StoreContext,
  { config }: StoredPull,
): boolean {
  const wants = options.bootable === true && options.expectedBootImage === undefined
  return wants && !plan.isArtifact && !hasAllBootImages(repository, config.images)
}

/** True when blobs are to be kept and the manifest does not refer to all of them. */
function lacksBlobs(context: StoreContext, { manifest }: StoredPull): boolean {
  const { repository, plan, options, supply } = context
  const { isArtifact } = plan
  return plan.layers.some(layer => {
    if (!wantsBlob(layer, { ...options, isArtifact, supply })) return false
    const stream = manifest.blobs.get(layer.descriptor.digest)
    return stream === undefined || !repository.objects.has(stream)
  })
}

async function storeMissing(
  context: StoreContext,
  there: {
    readonly known: KnownPull
    /** Where nothing but blobs is missing. */
    readonly stored: StoredPull | undefined
  },
): Promise<Outcome> {
  const { repository, plan, options, source, progress, supply } = context
  const { known, stored } = there
  const needsTree = !plan.isArtifact && stored === undefined
  const merger = needsTree ? newMerger(repository, options) : undefined
  const knownBlobs = known.manifest?.blobs ?? new Map()
  const pulling = new LayerPull({
    repository,
    source,
    plan,
    merger,
    knownBlobs,
    progress,
    options,
    supply,
  })
  try {
    const pulled = await pulling.run()
    const made =
      merger === undefined
        ? (stored?.config.images ?? new Map())
        : await makeImages(context, merger, known.config)
    const images = await addExpected(context, { layers: pulled.streams, images: made })
    const isStored = images === stored?.config.images
    return await writeDocuments(context, { pulled, images, stored: isStored ? stored : undefined })
  } catch (error) {
    pulling.keepFinished()
    throw explainNoSpace(error, { path: repository.path, ...pulling.counts })
  }
}

/** Stores config and manifest, and makes everything visible. */
async function writeDocuments(
  context: StoreContext,
  parts: {
    readonly pulled: PulledLayers
    readonly images: ImageReferences
    readonly stored: StoredPull | undefined
  },
): Promise<Outcome> {
  const { repository, plan } = context
  const { pulled, images, stored } = parts
  const { streams, blobs, names, layers, statistics } = pulled
  const config: StoredDocument =
    stored?.config ??
    (await writeConfig(repository, { json: plan.config.bytes, layers: streams, images }))
  const docker =
    plan.docker === undefined ? undefined : await writeBlob(repository, plan.docker.bytes)
  const manifest = await writeManifest(repository, {
    json: plan.manifest.bytes,
    config,
    layers: streams,
    blobs,
    docker,
  })
  publish(repository, [
    ...names,
    ...imageNames(images),
    configName(config),
    ...(docker === undefined ? [] : [blobName(docker)]),
    manifestName(manifest),
    ...lastNames(context),
  ])
  return outcome(context, { manifest, config, images, layers, statistics })
}

function reportAllPresent({ plan, progress }: StoreContext): void {
  const ids = new Set(plan.layers.map(layer => layer.id))
  progress.start(0, ids.size)
  for (const id of ids) progress.skip(id)
  progress.finish()
}

/** Makes the tree of what the merger was fed with and stores an image of it in each format. */
async function makeImages(
  { repository, options, progress }: StoreContext,
  merger: LayerMerger,
  known: StoredConfig | undefined,
): Promise<ImageReferences> {
  const tree = merger.finish()
  progress.message(`making the image, ${tree.inodeCount} files`)
  // What follows waits for nothing: a signal that has come by now would be seen too late.
  await new EventLoopTurns().take()
  options.signal?.throwIfAborted()
  transformTree(tree, {
    xattrs: DEFAULT_XATTR_MODE,
    onNotice: message => options.onNotice?.({ level: 'notice', message }),
  })
  const images = commitImages(repository, tree, known?.images)
  if (options.bootable !== true || options.expectedBootImage !== undefined) return images
  bootTransform(tree, repositoryFiles(repository, tree))
  return commitBootImages(repository, tree, images)
}

function newMerger(repository: Repository, options: PullOptions): LayerMerger {
  return new LayerMerger(repository.algorithm, {
    strict: options.strict ?? false,
    onWarning: ({ message }) => options.onNotice?.({ level: 'warning', message }),
  })
}

/** What points to the manifest: the note at its subject, and the tag as the last of all names. */
function lastNames({ plan, tag }: StoreContext): PublishedName[] {
  const { digest, parsed } = plan.manifest
  return [
    ...(parsed.subject === undefined ? [] : [referrerName(parsed.subject.digest, digest)]),
    ...(tag === null ? [] : [tagName(tag, digest)]),
  ]
}

/** @throws OciError ERR_OCI_NO_EXPECTED_BOOT_IMAGE, after everything else is done */
function outcome(
  { repository, options }: StoreContext,
  parts: {
    readonly manifest: StoredDocument
    readonly config: StoredDocument
    readonly images: ImageReferences
  } & Pick<Outcome, 'layers' | 'statistics'>,
): Outcome {
  const { images, layers, statistics } = parts
  const [first] = imageVersions(repository)
  const expected = expectedBootImage(options)
  const boot = expected === undefined ? defaultBoot(images, first) : findBootImage(images, expected)
  if (expected !== undefined && boot === undefined) throw noExpectedBootImage(expected)
  return {
    manifestVerity: parts.manifest.stream,
    configVerity: parts.config.stream,
    composefsErofs: (first !== undefined && plainImage(images, first)) || null,
    composefsBootErofs: boot?.digest ?? null,
    bootImage: boot ?? null,
    images: imageVersions(repository).flatMap(version => {
      const digest = plainImage(images, version)
      return digest === undefined ? [] : [{ version, digest }]
    }),
    statistics,
    layers,
  }
}

function defaultBoot(images: ImageReferences, version: ErofsVersion | undefined) {
  return version === undefined ? undefined : linkedBootImage(images, version)
}
