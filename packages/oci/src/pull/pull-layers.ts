import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import type { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import type { PlannedLayer, PullPlan } from '../source/plan.ts'
import { blobStreamId, layerStreamId } from '../store/stream-names.ts'
import { Baton } from '../transfer/baton.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { runBounded } from '../transfer/run-bounded.ts'
import type { LayerMerger } from '../tree/merge.ts'
import {
  type FetchedLayer,
  type FetchLayerOptions,
  fetchLayer,
  type LayerSupply,
} from './fetch-layer.ts'
import { type MergeFeed, MergeInOrder } from './merge-in-order.ts'
import { type MissingLayer, type SurveyOptions, surveyLayers } from './missing-layers.ts'
import type { PulledLayer, PullOptions, PullStatistics } from './pull-options.ts'
import { assertRoom, estimateSpace } from './room.ts'

/** Layers that are fetched at once unless an option says otherwise: more connections than that win nothing. */
const JOBS = 4

/**
 * A layer of a local source above this size is synced and named when it is complete: to read so much again after a
 * crash would hurt more than a second sync.
 */
const LARGE_LAYER_SIZE = 256 << 20

/** Bytes of blobs that are worth the start of other threads: they come to what some 35 ms are. */
const HELPED_SIZE = 8 << 20

export interface PullLayersOptions {
  readonly repository: Repository
  readonly source: ImageSource
  readonly plan: PullPlan
  /** Gets the entries of every layer in order; undefined where no tree is to be made. */
  readonly merger: LayerMerger | undefined
  /** The blobs that the stored manifest refers to already, by digest. */
  readonly knownBlobs: ReadonlyMap<string, Digest>
  readonly progress: ProgressReport
  readonly options: PullOptions
  /** Where the layers come from, unless from the blobs of the source. */
  readonly supply?: LayerSupply | undefined
  /** Tells of what is stored whether it can stay. Default: what is there stays, unless an option says otherwise. */
  readonly isGood?: SurveyOptions['isGood']
}

/** The layers of an image, all of them stored. */
export interface PulledLayers {
  /** The stream of each layer by its id, base first. */
  readonly streams: ReadonlyMap<string, Digest>
  /** The stream of each blob that is kept, by its digest. */
  readonly blobs: ReadonlyMap<string, Digest>
  /** Names that are not visible yet. */
  readonly names: readonly PublishedName[]
  readonly layers: readonly PulledLayer[]
  readonly statistics: PullStatistics
}

interface StoreLayerContext {
  readonly feed: MergeFeed | undefined
  readonly signal: AbortSignal
  /** Called when the blob has been read to its end. */
  onRead(): void
}

/** Something for one of the workers to do. */
type Job = { readonly kind: 'read back' } | ({ readonly kind: 'fetch' } & MissingLayer)

/**
 * Brings the layers of a plan into the repository and hands their entries to the merger in the order of the image.
 *
 * Layers of a source that is far away are fetched some at a time: first the one that the merger waits for, which feeds
 * it on the way, then the large ones, so that none of them is left for the end. Each is synced and named when it is
 * complete, so that nothing but the layers on their way is fetched again after a crash. Layers of a local source come
 * one after the other, and all get their names at the end. A layer that comes twice is stored once.
 */
export class LayerPull {
  readonly #context: PullLayersOptions
  readonly #streams = new Map<string, Digest>()
  readonly #blobs = new Map<string, Digest>()
  readonly #fetched = new Set<string>()
  /** Layers that were made of blobs since this pull has begun, by id. */
  readonly #fresh = new Set<string>()
  readonly #turns = new EventLoopTurns()
  /** Blobs of a local source are read one after the other. */
  readonly #reading = new Baton()
  readonly #merge: MergeInOrder | undefined
  /** What nobody works on yet, in the order in which it is best fetched. */
  #waiting: MissingLayer[] = []
  #names: PublishedName[] = []
  #statistics: PullStatistics = NOTHING_PULLED

  constructor(context: PullLayersOptions) {
    const { repository, merger, plan } = context
    const { layers } = plan
    this.#context = context
    const state = { streams: this.#streams, fresh: this.#fresh, turns: this.#turns }
    this.#merge = merger && new MergeInOrder({ repository, merger, layers, ...state })
  }

  /**
   * Stores all layers.
   *
   * @throws OciError with the layer, ERR_OCI_NO_SPACE before anything is fetched; what the repository and the source
   *   throw: the first failure, after everything else has ended
   */
  async run(): Promise<PulledLayers> {
    const { plan, progress, options } = this.#context
    await this.#survey()
    await runBounded<Job>({
      limit: this.#jobs(),
      signal: options.signal,
      next: () => this.#next(),
      run: (job, signal) => this.#run(job, signal),
    })
    progress.finish()
    const blobs = new Map<string, Digest>()
    for (const { descriptor } of plan.layers) {
      const stream = this.#blobs.get(descriptor.digest)
      if (stream !== undefined) blobs.set(descriptor.digest, stream)
    }
    return {
      streams: inOrder(plan, this.#streams),
      blobs,
      names: this.#names,
      layers: plan.layers.map(({ id, descriptor: { digest, size } }) => ({
        diffId: id,
        digest,
        status: this.#fetched.has(id) ? 'fetched' : 'present',
        size,
        isBlobKept: blobs.has(digest),
      })),
      statistics: this.#statistics,
    }
  }

  /**
   * Gives the layers that are complete their names, so that another pull goes on from there. To be called when the
   * pull has failed, whatever the reason: a failure here is only told.
   */
  keepFinished(): void {
    const { repository, options } = this.#context
    try {
      if (this.#names.length > 0) publish(repository, this.#names)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const message = `layers that are complete could not be named: ${reason}`
      options.onNotice?.({ level: 'warning', message })
      return
    }
    if (this.#fetched.size > 0) {
      const { stored, total } = this.counts
      const message = `${stored} of ${total} layers are stored; another pull goes on from there`
      options.onNotice?.({ level: 'notice', message })
    }
  }

  /** How many layers are stored by now, and how many there are. */
  get counts(): { readonly stored: number; readonly total: number } {
    const ids = new Set(this.#context.plan.layers.map(({ id }) => id))
    return { stored: this.#streams.size, total: ids.size }
  }

  /** Finds out what is there, and tells what is to come. */
  async #survey(): Promise<void> {
    const { repository, plan, progress, options, knownBlobs, source, supply, isGood } =
      this.#context
    const { isArtifact } = plan
    if (options.verifyLayers || options.repair) progress.message('checking the stored layers')
    const survey = await surveyLayers(repository, plan.layers, {
      ...options,
      isArtifact,
      knownBlobs,
      supply,
      isGood,
    })
    for (const [id, stream] of survey.streams) this.#streams.set(id, stream)
    for (const [digest, stream] of survey.blobs) this.#blobs.set(digest, stream)
    this.#names.push(...survey.names)
    const { missing } = survey
    const wanted = new Set(missing.map(({ layer }) => layer.id))
    const size = missing.reduce((sum, { layer }) => sum + layer.descriptor.size, 0)
    if (size >= HELPED_SIZE) repository.intake.slots.startHelpers()
    progress.start(size, this.counts.total)
    for (const id of survey.streams.keys()) if (!wanted.has(id)) progress.skip(id)
    const warn = (message: string) => options.onNotice?.({ level: 'warning', message })
    // What another repository supplies may take no room at all.
    if (supply === undefined) assertRoom(repository.path, estimateSpace(missing), warn)
    this.#waiting = source.isLocal ? [...missing] : missing.toSorted(byFallingSize)
  }

  #jobs(): number {
    const { source, options } = this.#context
    // One is read while the end of the one before it is worked on.
    if (source.isLocal) return Math.min(2, Math.max(1, this.#waiting.length))
    return Math.max(1, Math.min(options.jobs ?? JOBS, this.#waiting.length))
  }

  #next(): Job | undefined {
    const merge = this.#merge
    if (merge?.canReadBack) return { kind: 'read back' }
    const waiting = this.#waiting
    const wanted = waiting.findIndex(({ layer }) => layer.id === merge?.wanted)
    const [missing] = waiting.splice(Math.max(0, wanted), 1)
    return missing && { kind: 'fetch', ...missing }
  }

  async #run(job: Job, signal: AbortSignal): Promise<void> {
    if (job.kind === 'read back') await this.#merge?.readBack(signal)
    else await this.#fetch(job, signal)
  }

  async #fetch(missing: MissingLayer, signal: AbortSignal): Promise<void> {
    const { source } = this.#context
    const { id } = missing.layer
    const reading = source.isLocal ? await this.#reading.take() : undefined
    const feed = missing.needsLayer ? this.#merge?.feed(id, { mayWait: source.isLocal }) : undefined
    try {
      await this.#store(missing, { feed, signal, onRead: () => reading?.release() })
      feed?.done()
    } catch (error) {
      feed?.failed(error)
      throw error
    } finally {
      reading?.release()
    }
  }

  async #store(
    { layer, needsLayer, needsBlob }: MissingLayer,
    { feed, signal, onRead }: StoreLayerContext,
  ): Promise<void> {
    const { repository, source, plan, progress, supply, options } = this.#context
    const { id, descriptor } = layer
    signal.throwIfAborted()
    const transfer = progress.transfer(id, descriptor.size)
    const fetched = await fetchFrom(supply, layer, {
      repository,
      source,
      as: needsLayer && !plan.isArtifact ? 'layer' : 'blob',
      keepBlob: needsBlob,
      maxSize: options.maxLayerSize,
      entries: feed,
      onProgress: transfer.fetched,
      onRead,
      signal,
      turns: this.#turns,
    })
    this.#note(layer.id, descriptor, { fetched, needsLayer })
    if (!source.isLocal || fetched.size > LARGE_LAYER_SIZE) this.#publish()
    // Only now: a layer that was refused, or that a signal cut short, is never done.
    transfer.done()
  }

  /** Takes down that a layer is stored. */
  #note(
    id: string,
    descriptor: { readonly digest: string; readonly size: number },
    { fetched, needsLayer }: { readonly fetched: FetchedLayer; readonly needsLayer: boolean },
  ): void {
    const { digest, size } = descriptor
    const blob = needsLayer ? fetched.keptBlob : fetched.stream
    this.#fetched.add(id)
    if (needsLayer) {
      if (this.#context.supply === undefined) this.#fresh.add(id)
      this.#streams.set(id, fetched.stream)
      this.#names.push({ kind: 'stream', id: layerStreamId(id), digest: fetched.stream })
    }
    if (blob !== undefined) {
      this.#blobs.set(digest, blob)
      this.#names.push({ kind: 'stream', id: blobStreamId(digest), digest: blob })
    }
    const before = this.#statistics
    this.#statistics = { ...before, bytesFetched: before.bytesFetched + size }
    if (needsLayer) this.#count(fetched)
  }

  #count(fetched: FetchedLayer): void {
    const before = this.#statistics
    this.#statistics = {
      ...before,
      objectsNew: before.objectsNew + fetched.objectsNew,
      objectsPresent: before.objectsPresent + fetched.objectsPresent,
      bytesStored: before.bytesStored + fetched.bytesStored,
      bytesInlined: before.bytesInlined + fetched.bytesInlined,
    }
  }

  #publish(): void {
    publish(this.#context.repository, this.#names)
    this.#names = []
  }
}

function fetchFrom(
  supply: LayerSupply | undefined,
  layer: PlannedLayer,
  options: FetchLayerOptions,
): Promise<FetchedLayer> {
  return supply === undefined ? fetchLayer(layer, options) : supply.fetch(layer, options)
}

/** The statistics of a pull that has read no layer. */
export const NOTHING_PULLED: PullStatistics = {
  objectsNew: 0,
  objectsPresent: 0,
  bytesStored: 0,
  bytesInlined: 0,
  bytesFetched: 0,
}

function byFallingSize(a: MissingLayer, b: MissingLayer): number {
  return b.layer.descriptor.size - a.layer.descriptor.size
}

/** The streams base first: a config lists its layers so. */
function inOrder(plan: PullPlan, streams: ReadonlyMap<string, Digest>): Map<string, Digest> {
  const ordered = new Map<string, Digest>()
  for (const { id } of plan.layers) {
    const stream = streams.get(id)
    if (stream !== undefined) ordered.set(id, stream)
  }
  return ordered
}
