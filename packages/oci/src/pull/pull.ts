import { type PublishedName, publish, type Repository } from '@composefs/repository'
import { commitImages, imageNames, imageVersions } from '../commit-images.ts'
import { OciError } from '../errors.ts'
import { LayerMerger } from '../merge.ts'
import { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { openSource } from '../source/open-source.ts'
import { blobName, writeBlob } from '../store/blob-stream.ts'
import { configName, type StoredConfig, writeConfig } from '../store/config-stream.ts'
import type { StoredDocument } from '../store/document-stream.ts'
import { bootImage, type ImageReferences, plainImage } from '../store/image-references.ts'
import { manifestName, writeManifest } from '../store/manifest-stream.ts'
import { referrerName } from '../store/referrers.ts'
import { tagName } from '../store/tags.ts'
import { transformTree } from '../transform.ts'
import { DEFAULT_XATTR_MODE } from '../xattr-mode.ts'
import { type PullPlan, planPull } from './plan.ts'
import { findLayer, LayerPull } from './pull-layers.ts'
import type { PulledLayer, PullOptions, PullResult, PullStatistics } from './pull-options.ts'
import { findConfig, findStored } from './stored-pull.ts'

/**
 * Brings an image or artifact into a repository and names it.
 *
 * Manifest and config are read and checked first, then each layer is stored while it is hashed, and the EROFS images
 * are made of the layers' entries. All names appear at the end, after one sync: layers, images, config, manifest, tag.
 * A pull that fails leaves no name but those of the layers that are complete.
 *
 * @param from a reference (`oci:PATH[:TAG]`, `oci-archive:PATH[:TAG]`), or an open source, which stays open
 * @throws OciError for anything wrong with the image; errors of the layers have `layer`, `diffId` and often `entry`
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY and others of the repository; ErofsError for a tree that does not
 * fit the format; the reason of `signal`
 *
 * @example
 * const { manifestDigest, composefsErofs } = await pull(repository, 'oci:/srv/layout:latest', { tag: 'app:1.0' })
 */
export async function pull(
  repository: Repository,
  from: ImageSource | string,
  options: PullOptions = {},
): Promise<PullResult> {
  const started = performance.now()
  // Nothing is fetched for a repository that cannot take it, or under a name that cannot be given.
  if (!options.dryRun) repository.assertWritable()
  const imageRef = typeof from === 'string' ? from : from.description
  const tag = options.noTag ? null : (options.tag ?? imageRef)
  if (tag !== null) tagName(tag, '')
  const source = typeof from === 'string' ? await openReference(from, options) : from
  try {
    const plan = await planPull(source, options.signal)
    const outcome = options.dryRun
      ? preview(repository, plan)
      : await store({ repository, source, plan, tag, options })
    return {
      imageRef,
      manifestDigest: plan.manifest.digest,
      dockerManifestDigest: plan.docker?.digest ?? null,
      configDigest: plan.config.digest,
      tag,
      isArtifact: plan.isArtifact,
      subject: plan.manifest.parsed.subject?.digest ?? null,
      ...outcome,
      dryRun: options.dryRun ?? false,
      durationMs: Math.round(performance.now() - started),
    }
  } catch (error) {
    throw error instanceof OciError ? inImage(error, source.description) : error
  } finally {
    if (source !== from) await source.close()
  }
}

/** The error with the image it is about, which the reader of a layer or of a document does not know. */
function inImage(error: OciError, image: string): OciError {
  const { code, facts, message } = error
  // Errors of the source begin with its path.
  if (image.includes(message.slice(0, message.indexOf(': ')))) return error
  const options = error.cause === undefined ? undefined : { cause: error.cause }
  return new OciError(code, `${image}: ${message}`, { reference: image, ...facts }, options)
}

/** The part of the result that depends on what is stored. */
type Outcome = Pick<
  PullResult,
  | 'manifestVerity'
  | 'configVerity'
  | 'composefsErofs'
  | 'composefsBootErofs'
  | 'images'
  | 'statistics'
  | 'layers'
>

interface StoreContext {
  readonly repository: Repository
  readonly source: ImageSource
  readonly plan: PullPlan
  readonly tag: string | null
  readonly options: PullOptions
}

const NOTHING: PullStatistics = {
  objectsNew: 0,
  objectsPresent: 0,
  bytesStored: 0,
  bytesInlined: 0,
  bytesFetched: 0,
}

async function store(context: StoreContext): Promise<Outcome> {
  const { repository, plan, options } = context
  const known = await findConfig(repository, plan)
  const isChecked = options.repair || options.verifyLayers
  const stored = isChecked ? undefined : await findStored(repository, plan, known)
  if (stored === undefined) return await storeAll(context, known)
  publish(repository, lastNames(context))
  reportAllPresent(context)
  const { manifest, config } = stored
  const layers = plan.layers.map(layer => pulledLayer(layer, 'present'))
  return outcome(repository, { manifest, config, images: config.images, layers })
}

async function storeAll(context: StoreContext, known: StoredConfig | undefined): Promise<Outcome> {
  const { repository, plan, options, source } = context
  const merger = plan.isArtifact ? undefined : newMerger(repository, options)
  const progress = new ProgressReport(options.onProgress)
  const pulling = new LayerPull({ repository, source, plan, merger, progress, options })
  try {
    const { streams, names, layers, statistics } = await pulling.run()
    const images =
      merger === undefined ? new Map() : makeImages(context, { merger, progress, known })
    options.signal?.throwIfAborted()
    const config = await writeConfig(repository, {
      json: plan.config.bytes,
      layers: streams,
      images,
    })
    const docker =
      plan.docker === undefined ? undefined : await writeBlob(repository, plan.docker.bytes)
    const manifest = await writeManifest(repository, {
      json: plan.manifest.bytes,
      config,
      layers: streams,
      ...(docker === undefined ? {} : { docker }),
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
  } catch (error) {
    pulling.keepFinished()
    throw error
  }
}

function reportAllPresent({ plan, options }: StoreContext): void {
  const progress = new ProgressReport(options.onProgress)
  progress.start(0)
  for (const id of new Set(plan.layers.map(layer => layer.id))) progress.skip(id)
  progress.finish()
}

/** Merges what the merger was fed with and stores an image of it in each format. */
function makeImages(
  context: StoreContext,
  parts: {
    readonly merger: LayerMerger
    readonly progress: ProgressReport
    readonly known: StoredConfig | undefined
  },
): ImageReferences {
  const { repository, options } = context
  parts.progress.message('making the image')
  const tree = parts.merger.finish()
  transformTree(tree, {
    xattrs: DEFAULT_XATTR_MODE,
    onNotice: message => options.onNotice?.({ level: 'notice', message }),
  })
  return commitImages(repository, tree, parts.known?.images)
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
    readonly layers: readonly PulledLayer[]
    readonly statistics?: PullStatistics
  },
): Outcome {
  const { images } = parts
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
    statistics: parts.statistics ?? NOTHING,
    layers: parts.layers,
  }
}

/** What a pull would do. */
function preview(repository: Repository, plan: PullPlan): Outcome {
  const layers = plan.layers.map(layer =>
    pulledLayer(layer, findLayer(repository, layer.id) === undefined ? 'fetched' : 'present'),
  )
  const wanted = new Map<string, number>()
  for (const { diffId, status, size } of layers) if (status === 'fetched') wanted.set(diffId, size)
  let bytesFetched = 0
  for (const size of wanted.values()) bytesFetched += size
  return {
    manifestVerity: null,
    configVerity: null,
    composefsErofs: null,
    composefsBootErofs: null,
    images: [],
    statistics: { ...NOTHING, bytesFetched },
    layers,
  }
}

function pulledLayer(
  layer: PullPlan['layers'][number],
  status: PulledLayer['status'],
): PulledLayer {
  const { id, descriptor } = layer
  return { diffId: id, digest: descriptor.digest, status, size: descriptor.size }
}

async function openReference(reference: string, options: PullOptions): Promise<ImageSource> {
  const { platform, temporaryDirectory, signal } = options
  return await openSource(reference, {
    platform,
    ...(temporaryDirectory === undefined ? {} : { temporaryDirectory }),
    ...(signal === undefined ? {} : { signal }),
  })
}
