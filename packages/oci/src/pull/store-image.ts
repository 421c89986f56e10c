import { type PublishedName, publish, type Repository } from '@composefs/repository'
import { commitImages, imageNames, imageVersions } from '../commit-images.ts'
import { EventLoopTurns } from '../event-loop-turns.ts'
import { LayerMerger } from '../merge.ts'
import type { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { blobName, writeBlob } from '../store/blob-stream.ts'
import { configName, type StoredConfig, writeConfig } from '../store/config-stream.ts'
import type { StoredDocument } from '../store/document-stream.ts'
import { bootImage, type ImageReferences, plainImage } from '../store/image-references.ts'
import { manifestName, writeManifest } from '../store/manifest-stream.ts'
import { referrerName } from '../store/referrers.ts'
import { tagName } from '../store/tags.ts'
import { transformTree } from '../transform.ts'
import { DEFAULT_XATTR_MODE } from '../xattr-mode.ts'
import type { LayerSupply } from './fetch-layer.ts'
import { explainNoSpace } from './free-space.ts'
import { wantsBlob } from './missing-layers.ts'
import type { PullPlan } from './plan.ts'
import { LayerPull, NOTHING_PULLED, type PulledLayers } from './pull-layers.ts'
import type { PullOptions, PullResult } from './pull-options.ts'
import { findConfig, findManifest, findStored, type StoredPull } from './stored-pull.ts'

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
  | 'images'
  | 'statistics'
  | 'layers'
>

/** Brings what a plan says into the repository, as far as it is not there, and names it. */
export async function storeImage(context: StoreContext): Promise<Outcome> {
  const { repository, plan, options } = context
  const known: Partial<StoredPull> = {
    ...optional('config', await findConfig(repository, plan)),
    ...optional('manifest', await findManifest(repository, plan)),
  }
  const isChecked = options.repair || options.verifyLayers
  const stored = isChecked ? undefined : findStored(repository, plan, known)
  if (stored === undefined || lacksBlobs(context, stored)) {
    return await storeMissing(context, { known, stored })
  }
  publish(repository, lastNames(context))
  reportAllPresent(context)
  const { manifest, config } = stored
  const layers = plan.layers.map(({ id, descriptor: { digest, size } }) => ({
    diffId: id,
    digest,
    status: 'present' as const,
    size,
    isBlobKept: manifest.blobs.has(digest),
  }))
  return outcome(repository, {
    manifest,
    config,
    images: config.images,
    layers,
    statistics: NOTHING_PULLED,
  })
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
    readonly known: Partial<StoredPull>
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
    const images =
      merger === undefined
        ? (stored?.config.images ?? new Map())
        : await makeImages(context, merger, known.config)
    return await writeDocuments(context, { pulled, images, stored })
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
    ...optional('docker', docker),
  })
  publish(repository, [
    ...names,
    ...imageNames(images),
    configName(config),
    ...(docker === undefined ? [] : [blobName(docker)]),
    manifestName(manifest),
    ...lastNames(context),
  ])
  return outcome(repository, { manifest, config, images, layers, statistics })
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
  return commitImages(repository, tree, known?.images)
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

function outcome(
  repository: Repository,
  parts: {
    readonly manifest: StoredDocument
    readonly config: StoredDocument
    readonly images: ImageReferences
  } & Pick<Outcome, 'layers' | 'statistics'>,
): Outcome {
  const { images, layers, statistics } = parts
  const [first] = imageVersions(repository)
  return {
    manifestVerity: parts.manifest.stream,
    configVerity: parts.config.stream,
    composefsErofs: (first !== undefined && plainImage(images, first)) || null,
    composefsBootErofs: (first !== undefined && bootImage(images, first)) || null,
    images: imageVersions(repository).flatMap(version => {
      const digest = plainImage(images, version)
      return digest === undefined ? [] : [{ version, digest }]
    }),
    statistics,
    layers,
  }
}

/** A property where there is a value: `exactOptionalPropertyTypes` knows no optional undefined. */
function optional<const Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [name in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]?: Value })
}
