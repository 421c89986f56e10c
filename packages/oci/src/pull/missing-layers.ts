import type { Digest } from '@composefs/fsverity'
import type { PublishedName, Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { isOciError } from '../errors.ts'
import { inPlannedLayer, type PlannedLayer } from '../source/plan.ts'
import { keptBlob } from '../store/kept-blob.ts'
import { inStoredLayer } from '../store/open-entries.ts'
import { verifyStoredContent } from '../store/stored-content.ts'
import { blobStreamId, layerStreamId } from '../store/stream-names.ts'
import { unlessUnreadable } from '../store/unless-unreadable.ts'
import type { LayerSupply } from './fetch-layer.ts'
import type { PullOptions } from './pull-options.ts'

/** A layer that has to be fetched. */
export interface MissingLayer {
  readonly layer: PlannedLayer
  /** Its stream is missing; otherwise the blob alone is wanted. */
  readonly needsLayer: boolean
  /** Its blob is to be kept, and is not there. */
  readonly needsBlob: boolean
}

/** What the repository has of the layers of a plan. */
export interface LayerSurvey {
  /** The streams of the layers that are there, by id. */
  readonly streams: ReadonlyMap<string, Digest>
  /** The streams of the blobs that are kept, by their digest. */
  readonly blobs: ReadonlyMap<string, Digest>
  /** Each layer once, in the order of the image. */
  readonly missing: readonly MissingLayer[]
  /** Names to publish with those of the layers. */
  readonly names: readonly PublishedName[]
}

export interface SurveyOptions extends PullOptions {
  /** Whether layers are split tars; those of artifacts are not. */
  readonly isArtifact: boolean
  /** The blobs that the manifest refers to already. */
  readonly knownBlobs: ReadonlyMap<string, Digest>
  /** Where the layers come from, unless from a source that has all blobs. */
  readonly supply?: LayerSupply | undefined
  /** Tells of what is stored whether it can stay, in the place of hashing it. */
  readonly isGood?: ((stored: StoredContent) => Promise<boolean>) | undefined
}

/** A layer or blob that is stored. */
export interface StoredContent {
  /** Its digest: the diff id of a layer. */
  readonly id: string
  readonly stream: Digest
}

/** The stream of a layer that the repository has; undefined where it must be fetched. */
export function findLayer(repository: Repository, id: string): Digest | undefined {
  const stream = repository.streams.lookup(layerStreamId(id))
  return stream !== undefined && repository.objects.has(stream) ? stream : undefined
}

/** True for a layer whose blob cannot be made again from what is stored: it is packed, and packers differ. */
function isPackedLayer({ id, descriptor }: PlannedLayer): boolean {
  return descriptor.digest !== id
}

/** Finds out what there is to fetch. Where that is asked for, what is there already is hashed. */
export async function surveyLayers(
  repository: Repository,
  layers: readonly PlannedLayer[],
  options: SurveyOptions,
): Promise<LayerSurvey> {
  const streams = new Map<string, Digest>()
  const blobs = new Map<string, Digest>()
  const missing: MissingLayer[] = []
  const names: PublishedName[] = []
  const seen = new Set<string>()
  for (const layer of layers) {
    const { id, descriptor } = layer
    options.signal?.throwIfAborted()
    // One tar may come twice, and even packed in two ways.
    const isNew = !seen.has(id)
    const isNewBlob = !seen.has(descriptor.digest) || isNew
    seen.add(id).add(descriptor.digest)
    const stream = isNew
      ? await findGood(repository, layer, options, n => names.push(n))
      : undefined
    const blob = isNewBlob ? await findBlob(repository, layer, options) : undefined
    if (stream !== undefined) streams.set(id, stream)
    if (blob !== undefined) blobs.set(descriptor.digest, blob)
    const needsLayer = isNew && stream === undefined
    const needsBlob = isNewBlob && blob === undefined && wantsBlob(layer, options)
    if (needsLayer || needsBlob) missing.push({ layer, needsLayer, needsBlob })
  }
  for (const [digest, stream] of blobs) {
    names.push({ kind: 'stream', id: blobStreamId(digest), digest: stream })
  }
  return { streams, blobs, missing, names }
}

/** True for a layer whose blob is to be kept beside its contents. */
export function wantsBlob(
  layer: PlannedLayer,
  options: Pick<SurveyOptions, 'keepBlobs' | 'isArtifact' | 'supply'> &
    Partial<Pick<SurveyOptions, 'repair' | 'isGood' | 'knownBlobs'>>,
): boolean {
  const { isArtifact, supply } = options
  if (isArtifact || !isPackedLayer(layer)) return false
  // What an earlier pull kept is part of what is repaired.
  const isRepair = options.repair === true || options.isGood !== undefined
  if (isRepair && options.knownBlobs?.has(layer.descriptor.digest) === true) return true
  if (options.keepBlobs !== true) return false
  return supply?.hasBlob(layer.descriptor.digest) ?? true
}

/** The stream of the layer's blob: one the manifest refers to, or any there is if blobs are to be kept. */
async function findBlob(
  repository: Repository,
  layer: PlannedLayer,
  options: SurveyOptions,
): Promise<Digest | undefined> {
  const { digest } = layer.descriptor
  const isWanted = wantsBlob(layer, options)
  if (!isWanted && !options.knownBlobs.has(digest)) return undefined
  const kept = await unlessUnreadable(keptBlob(repository, digest))
  if (kept === undefined || !isChecked(options)) return kept?.stream
  const isGood = await isVerified(repository, { layer, stream: kept.stream, id: digest }, options)
  return isGood ? kept.stream : undefined
}

/** The stream of a layer that is there and, where that is asked for, has been checked. */
async function findGood(
  repository: Repository,
  layer: PlannedLayer,
  options: SurveyOptions,
  onName: (name: PublishedName) => void,
): Promise<Digest | undefined> {
  const { id } = layer
  const stream = findLayer(repository, id)
  if (stream === undefined) return undefined
  if (isChecked(options)) {
    if (!(await isVerified(repository, { layer, stream, id }, options))) return undefined
  }
  if (options.isArtifact) return stream
  if ((await contentType(repository, layer, stream)) === CONTENT_TYPES.layer) return stream
  // An artifact has the same bytes as one of its blobs. The image needs them split; the blob keeps another name,
  // or the garbage collection would no longer find its object.
  onName({ kind: 'stream', id: blobStreamId(id), digest: stream })
  return undefined
}

function isChecked({ verifyLayers, repair, isGood }: SurveyOptions): boolean {
  return verifyLayers === true || repair === true || isGood !== undefined
}

/** Hashes what is stored, or has it looked at; false where it is wrong and may be stored again. */
async function isVerified(
  repository: Repository,
  stored: StoredContent & { readonly layer: PlannedLayer },
  { repair, signal, onNotice, isGood }: SurveyOptions,
): Promise<boolean> {
  const { layer, stream, id } = stored
  if (isGood !== undefined) return await isGood(stored)
  try {
    await verifyStoredContent(repository, { id, stream }, signal)
    return true
  } catch (error) {
    signal?.throwIfAborted()
    if (!repair) throw isOciError(error) ? inPlannedLayer(error, layer) : error
    const reason = error instanceof Error ? error.message : String(error)
    const message = `layer ${layer.number} (${id}) is fetched again: ${reason}`
    onNotice?.({ level: 'warning', message })
    return false
  }
}

async function contentType(
  repository: Repository,
  layer: PlannedLayer,
  stream: Digest,
): Promise<string> {
  try {
    return (await repository.streams.open(stream)).contentType
  } catch (error) {
    throw inStoredLayer(error, { layer: layer.number, diffId: layer.id })
  }
}
