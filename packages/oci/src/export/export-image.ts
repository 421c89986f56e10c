import type { Repository } from '@composefs/repository'
import { dockerArchiveManifest } from '../document/docker-archive-manifest.ts'
import { parseManifest } from '../document/manifest.ts'
import { OCI_MANIFEST } from '../document/media-type.ts'
import { sha256Digest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import { ProgressReport } from '../progress.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import { inImage } from '../source/in-image.ts'
import { openImage, requireContainer, type StoredImage } from '../store/open-image.ts'
import { listTags } from '../store/tags.ts'
import type { ImageTarget } from '../target/image-target.ts'
import { runBounded } from '../transfer/run-bounded.ts'
import { type NewBlob, replaceLayerBlobs } from './edit-manifest.ts'
import { exportLayer, type LayerContext, type LayerOutcome } from './export-layer.ts'
import type { ExportedLayer, ExportOptions, ExportResult } from './export-options.ts'
import { inStoredBlob, type StoredBlob, storedBlobs } from './export-plan.ts'
import { layersAtOnce } from './layers-at-once.ts'
import { sendDocuments } from './send-documents.ts'

/**
 * Writes a stored image or artifact to a target, and commits that. The target is the caller's to close.
 *
 * Every layer goes the cheapest way that keeps its blob: one that the target has is skipped, a plain tar is put
 * together from its parts, a packed one is copied where the repository has kept it. Where all layers can be had that way,
 * the manifest stays byte for byte. Others are packed anew, and the manifest changes in their descriptors. The config,
 * and with it a seal, never changes. Everything is hashed on the way.
 *
 * @param image what `openImage` takes
 * @throws OciError what openImage throws, ERR_OCI_DIFF_ID_MISMATCH, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_NO_SPACE,
 * ERR_OCI_NOT_AN_IMAGE for an artifact where only images can go; what the target throws; the reason of `signal`
 *
 * @example
 * await using target = await openTarget('oci:/srv/layout:app')
 * const { manifestDigest } = await exportImage(repository, 'app:1.0', target)
 */
export async function exportImage(
  repository: Repository,
  image: string,
  target: ImageTarget,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const started = performance.now()
  const stored = await openImage(repository, image)
  try {
    const result = await exportStored(repository, stored, target, options)
    return { ...result, durationMs: Math.round(performance.now() - started) }
  } catch (error) {
    throw error instanceof OciError ? inImage(error, image) : error
  }
}

async function exportStored(
  repository: Repository,
  stored: StoredImage,
  target: ImageTarget,
  options: ExportOptions,
): Promise<Omit<ExportResult, 'durationMs'>> {
  if (target.hasUnpackedLayers) requireContainer(stored)
  const layers = storedBlobs(stored)
  target.offerNames?.(namesOf(repository, stored))
  const outcomes = await exportLayers({ repository, stored, target, layers, options })
  const manifest = newManifest(stored, target, outcomes)
  const config = { bytes: stored.config.json, descriptor: stored.manifest.manifest.config }
  const configUploaded = await sendDocuments(target, { config, manifest }, options)
  const sourceManifestDigest = sha256Digest(stored.manifest.json)
  const changed = manifest.digest !== sourceManifestDigest
  if (changed) {
    const message = `the manifest is another one now: ${manifest.digest}, not ${sourceManifestDigest}`
    options.onNotice?.({ level: 'notice', message: `${message}${reasonOf(target, outcomes)}` })
  }
  // Layers of one blob share their outcome.
  const uploads = [...new Set(outcomes.values())]
  return {
    target: target.description,
    manifestDigest: manifest.digest,
    sourceManifestDigest,
    configDigest: stored.config.digest,
    changed,
    isArtifact: stored.image === undefined,
    layers: layers.map(layer => exportedLayer(layer, outcomes)),
    bytesUploaded: uploads.reduce((sum, { uploaded }) => sum + uploaded, configUploaded),
  }
}

/** By the layer; layers of the same blob and tar have the same outcome. */
type Outcomes = ReadonlyMap<StoredBlob, LayerOutcome>

async function exportLayers(job: {
  readonly repository: Repository
  readonly stored: StoredImage
  readonly target: ImageTarget
  readonly layers: readonly StoredBlob[]
  readonly options: ExportOptions
}): Promise<Outcomes> {
  const { repository, stored, target, layers, options } = job
  const unique = new Map<string, StoredBlob[]>()
  for (const layer of layers) {
    const key = `${layer.id} ${layer.descriptor.digest}`
    const same = unique.get(key)
    if (same === undefined) unique.set(key, [layer])
    else same.push(layer)
  }
  const progress = new ProgressReport(options.onProgress)
  const groups = [...unique.values()]
  const total = groups.reduce((sum, [layer]) => sum + (layer?.descriptor.size ?? 0), 0)
  progress.start(total, groups.length)
  const context: LayerContext = {
    repository,
    target,
    isArtifact: stored.image === undefined,
    compression: options.compression ?? 'gzip',
    temporaryDirectory: options.temporaryDirectory,
    progress,
  }
  const outcomes = new Map<StoredBlob, LayerOutcome>()
  const queue = groups.values()
  await runBounded<StoredBlob[]>({
    limit: layersAtOnce(target, options.jobs),
    next: () => queue.next().value,
    run: async (group, signal) => {
      const [layer] = group
      if (layer === undefined) return
      const outcome = await exportOne(context, layer, signal)
      for (const same of group) outcomes.set(same, outcome)
    },
    signal: options.signal,
  })
  progress.finish()
  return outcomes
}

async function exportOne(
  context: LayerContext,
  layer: StoredBlob,
  signal: AbortSignal,
): Promise<LayerOutcome> {
  try {
    return await exportLayer(context, layer, signal)
  } catch (error) {
    throw inStoredBlob(error, layer)
  }
}

function newManifest(stored: StoredImage, target: ImageTarget, outcomes: Outcomes): ManifestBytes {
  const { json, manifest } = stored.manifest
  const blobs = new Map<number, NewBlob>()
  for (const [{ number }, { replacement }] of outcomes) {
    if (replacement !== undefined) blobs.set(number - 1, replacement)
  }
  if (target.hasUnpackedLayers) {
    const layers = [...blobs].sort(([a], [b]) => a - b).map(([, blob]) => blob)
    const bytes = dockerArchiveManifest(manifest.config, layers)
    return { bytes, mediaType: OCI_MANIFEST, digest: sha256Digest(bytes) }
  }
  if (blobs.size === 0) {
    return {
      bytes: json,
      mediaType: manifest.mediaType ?? OCI_MANIFEST,
      digest: sha256Digest(json),
    }
  }
  const bytes = replaceLayerBlobs(stored.manifest, blobs)
  // It has to be what readers take for a manifest.
  const { mediaType = OCI_MANIFEST } = parseManifest(bytes)
  return { bytes, mediaType, digest: sha256Digest(bytes) }
}

/** All tags of the image. */
function namesOf(repository: Repository, { manifest }: StoredImage): string[] {
  return listTags(repository)
    .filter(tag => tag.manifest === manifest.digest)
    .map(tag => tag.name)
}

function exportedLayer(layer: StoredBlob, outcomes: Outcomes): ExportedLayer {
  const { id, descriptor } = layer
  // Every layer has an outcome, or the export has failed.
  const { status, replacement = descriptor } = outcomes.get(layer) as LayerOutcome
  return {
    diffId: id,
    digest: replacement.digest,
    sourceDigest: descriptor.digest,
    status,
    size: replacement.size,
  }
}

function reasonOf(target: ImageTarget, outcomes: Outcomes): string {
  if (target.hasUnpackedLayers) return ' (Docker archives have their own)'
  const changed = new Set(
    [...outcomes].filter(([, { replacement }]) => replacement !== undefined).map(([{ id }]) => id),
  )
  return ` (${changed.size} layer${changed.size === 1 ? ' is' : 's are'} packed anew)`
}
