import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import type { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import type { PlannedLayer, PullPlan } from '../source/plan.ts'
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
import type { PullOptions } from './pull-options.ts'
import { assertRoom, estimateSpace } from './room.ts'
import { type PulledLayers, StoredLayers } from './stored-layers.ts'

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
  readonly #stored: StoredLayers
  readonly #turns = new EventLoopTurns()
  /** Blobs of a local source are read one after the other. */
  readonly #reading = new Baton()
  readonly #merge: MergeInOrder | undefined
  /** What nobody works on yet, in the order in which it is best fetched. */
  #waiting: MissingLayer[] = []

  constructor(context: PullLayersOptions) {
    const { repository, merger, plan } = context
    const { layers } = plan
    this.#context = context
    this.#stored = new StoredLayers(plan)
    const { streams, fresh } = this.#stored
    const state = { streams, fresh, turns: this.#turns }
    this.#merge = merger && new MergeInOrder({ repository, merger, layers, ...state })
  }

  /**
   * Stores all layers.
   *
   * @throws OciError with the layer, ERR_OCI_NO_SPACE before anything is fetched; what the repository and the source
   *   throw: the first failure, after everything else has ended
   */
  async run(): Promise<PulledLayers> {
    const { progress, options } = this.#context
    await this.#survey()
    await runBounded<Job>({
      limit: this.#jobs(),
      signal: options.signal,
      next: () => this.#next(),
      run: (job, signal) => this.#run(job, signal),
    })
    progress.finish()
    return this.#stored.pulled()
  }

  /**
   * Gives the layers that are complete their names, so that another pull goes on from there. To be called when the
   * pull has failed, whatever the reason: a failure here is only told.
   */
  keepFinished(): void {
    const { repository, options } = this.#context
    try {
      this.#stored.publish(repository)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const message = `layers that are complete could not be named: ${reason}`
      options.onNotice?.({ level: 'warning', message })
      return
    }
    if (this.#stored.hasFetched) {
      const { stored, total } = this.counts
      const message = `${stored} of ${total} layers are stored; another pull goes on from there`
      options.onNotice?.({ level: 'notice', message })
    }
  }

  /** How many layers are stored by now, and how many there are. */
  get counts(): { readonly stored: number; readonly total: number } {
    return this.#stored.counts
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
    this.#stored.add(survey)
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
    this.#stored.note(layer, fetched, { needsLayer, isSupplied: supply !== undefined })
    if (!source.isLocal || fetched.size > LARGE_LAYER_SIZE) this.#stored.publish(repository)
    // Only now: a layer that was refused, or that a signal cut short, is never done.
    transfer.done()
  }
}

function fetchFrom(
  supply: LayerSupply | undefined,
  layer: PlannedLayer,
  options: FetchLayerOptions,
): Promise<FetchedLayer> {
  return supply === undefined ? fetchLayer(layer, options) : supply.fetch(layer, options)
}

function byFallingSize(a: MissingLayer, b: MissingLayer): number {
  return b.layer.descriptor.size - a.layer.descriptor.size
}
