import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import { checkImage } from '../check/check-image.ts'
import { linkedStream } from '../check/linked-stream.ts'
import type { StreamCache } from '../check/stream-cache.ts'
import { isOciError } from '../errors.ts'
import { type Progress, ProgressReport } from '../progress.ts'
import { LayerPull } from '../pull/pull-layers.ts'
import type { PulledLayers } from '../pull/stored-layers.ts'
import { readImageConfig } from '../store/open-image.ts'
import { blobStreamId, layerStreamId } from '../store/stream-names.ts'
import { reasonOfFailure } from './failure.ts'
import { planFromOwn, type RepairPlan } from './plan-repair.ts'
import { referToSealed } from './refer-to-sealed.ts'
import { remakeImages } from './remake-images.ts'
import type { RepairLog } from './repair-log.ts'
import type { RepairOptions } from './repair-options.ts'
import type { RepairSource } from './repair-sources.ts'
import { storeDocuments } from './store-documents.ts'
import { readStoredDocuments, type StoredDocuments } from './stored-documents.ts'

/** What the repair of one image needs. */
export interface RepairImageContext {
  readonly repository: Repository
  readonly streams: StreamCache
  readonly log: RepairLog
  readonly options: RepairOptions
  /** The tag, or the digest of an image without one. */
  readonly name: string
  /** Digest of the manifest. */
  readonly digest: string
  /** Where what is missing may come from, opened one after the other. */
  sources(): AsyncGenerator<RepairSource>
}

/** Brings one image back in order, as far as its sources have what is missing. */
export async function repairImage(context: RepairImageContext): Promise<void> {
  const { log, name, options } = context
  if (await isGood(context)) return
  let hasFailed = false
  for await (const source of sourcesOf(context)) {
    options.signal?.throwIfAborted()
    try {
      if (await repairFrom(context, source)) break
    } catch (error) {
      const reason = reasonOfFailure(error, options.signal)
      // That blobs are missing here is what sources are asked for.
      if (source === OWN && isOciError(error, 'ERR_OCI_MISSING_BLOB')) continue
      hasFailed = true
      log.failure({ name, from: source === OWN ? null : source.description, reason })
    }
  }
  try {
    await remake(context)
  } catch (error) {
    hasFailed = true
    log.failure({ name, from: null, reason: reasonOfFailure(error, options.signal) })
  }
  if (hasFailed || (await isGood(context))) return
  log.failure({ name, from: null, reason: 'no source has what is missing' })
}

/** The repository itself: what it has may be enough. */
const OWN = { description: 'this repository', plan: planFromOwn }

async function* sourcesOf(context: RepairImageContext): AsyncGenerator<RepairSource | typeof OWN> {
  yield OWN
  yield* context.sources()
}

/** False where a document of the image is missing in both. */
async function repairFrom(
  context: RepairImageContext,
  from: RepairSource | typeof OWN,
): Promise<boolean> {
  const { repository, log, options } = context
  const stored = await readStoredDocuments(repository, context.digest)
  const names = await lostNames(context, stored)
  if (names.length > 0) publish(repository, names)
  const { signal } = options
  const planned = await from.plan({ repository, stored, signal })
  if (planned === undefined) return false
  const pulled = await pullLayers(context, planned, { stored, isOwn: from === OWN })
  await storeDocuments({ repository, stored, plan: planned.plan, pulled, log, signal })
  return !stored.lacksDocker || planned.plan.docker !== undefined
}

/** Names of streams that the documents refer to and that are complete, but cannot be found. */
async function lostNames(
  { repository, streams, options }: RepairImageContext,
  { config, manifest }: StoredDocuments,
): Promise<PublishedName[]> {
  const names: PublishedName[] = []
  const note = async (id: string, digest: string, stream: Digest) => {
    const expected = options.content ? digest : undefined
    const linked = linkedStream(repository, id)
    if (linked !== undefined && (await streams.isGood(linked, expected))) return
    if (await streams.isGood(stream, expected)) names.push({ kind: 'stream', id, digest: stream })
  }
  const layers = manifest?.isContainer === false ? manifest.layers : config?.layers
  for (const [diffId, stream] of layers ?? []) await note(layerStreamId(diffId), diffId, stream)
  for (const [digest, stream] of manifest?.blobs ?? []) {
    await note(blobStreamId(digest), digest, stream)
  }
  const docker = manifest?.docker
  if (docker !== undefined) await note(blobStreamId(docker.digest), docker.digest, docker.stream)
  return names
}

async function pullLayers(
  { repository, streams, log, options }: RepairImageContext,
  { plan, source, supply }: RepairPlan,
  { stored: { manifest }, isOwn }: { readonly stored: StoredDocuments; readonly isOwn: boolean },
): Promise<PulledLayers> {
  const { jobs, onNotice, signal } = options
  // Most layers are good; only those that are fetched are worth a word.
  const onFetch = (event: Progress) => {
    if (event.kind !== 'skipped') options.onProgress?.(event)
  }
  const pulling = new LayerPull({
    repository,
    source,
    plan,
    merger: undefined,
    knownBlobs: manifest?.blobs ?? new Map(),
    progress: new ProgressReport(isOwn ? undefined : onFetch),
    options: { jobs, onNotice, signal },
    supply,
    isGood: ({ id, stream }) => streams.isGood(stream, options.content ? id : undefined),
  })
  try {
    const pulled = await pulling.run()
    publish(repository, pulled.names)
    log.fetched(pulled.statistics.bytesFetched)
    for (const { diffId, digest, size, status } of pulled.layers) {
      if (status === 'fetched') log.layer({ diffId, digest, size, from: source.description })
    }
    return pulled
  } catch (error) {
    pulling.keepFinished()
    throw error
  }
}

/** Makes EROFS images again. The streams of the layers are enough, also where objects of files are missing. */
async function remake({ repository, digest, log, options }: RepairImageContext): Promise<void> {
  const { config, manifest } = await readStoredDocuments(repository, digest)
  if (config === undefined || manifest?.isContainer !== true) return
  const parsed = readImageConfig(config)
  const images = await remakeImages(repository, parsed, options.signal)
  for (const { hex } of images) log.image(hex)
  if (!(await referToSealed(repository, { manifest, config }, parsed))) return
  log.document({ kind: 'config', digest: config.digest })
  log.document({ kind: 'manifest', digest: manifest.digest })
}

async function isGood(context: RepairImageContext): Promise<boolean> {
  const { repository, streams, digest, options } = context
  const { content = false, signal } = options
  let isGood = true
  const add = () => {
    isGood = false
  }
  await checkImage({ repository, streams, seen: new Set(), content, signal, add }, digest)
  return isGood
}
