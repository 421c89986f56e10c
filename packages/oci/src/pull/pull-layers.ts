import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { inLayer, isOciError, OciError } from '../errors.ts'
import { importLayer } from '../import-layer.ts'
import type { LayerMerger } from '../merge.ts'
import type { ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { inStoredLayer, openEntries } from '../store/open-entries.ts'
import { blobStreamId, layerStreamId } from '../store/stream-names.ts'
import { importBlob } from './import-blob.ts'
import { type PlannedLayer, type PullPlan, withSignal } from './plan.ts'
import type { PulledLayer, PullOptions, PullStatistics } from './pull-options.ts'
import { verifyStoredContent } from './stored-content.ts'

/**
 * A layer of a local source above this size is synced and named when it is complete: to read so much again after a
 * crash would hurt more than a second sync.
 */
const LARGE_LAYER_SIZE = 256 << 20

export interface PullLayersOptions {
  readonly repository: Repository
  readonly source: ImageSource
  readonly plan: PullPlan
  /** Gets the entries of every layer in order; undefined for artifacts. */
  readonly merger: LayerMerger | undefined
  readonly progress: ProgressReport
  readonly options: PullOptions
}

/** The layers of an image, all of them stored. */
export interface PulledLayers {
  /** The stream of each layer by its id, base first. */
  readonly streams: ReadonlyMap<string, Digest>
  /** Names that are not visible yet. */
  readonly names: readonly PublishedName[]
  readonly layers: readonly PulledLayer[]
  readonly statistics: PullStatistics
}

/** The stream of a layer that the repository has; undefined where it must be fetched. */
export function findLayer(repository: Repository, id: string): Digest | undefined {
  const stream = repository.streams.lookup(layerStreamId(id))
  return stream !== undefined && repository.objects.has(stream) ? stream : undefined
}

/**
 * Brings the layers of a plan into the repository, one after the other in the order of the image, and hands their
 * entries to the merger. A layer that is there already is read back; one that comes twice is stored once.
 */
export class LayerPull {
  readonly #context: PullLayersOptions
  readonly #streams = new Map<string, Digest>()
  readonly #status = new Map<string, PulledLayer['status']>()
  #names: PublishedName[] = []
  #objectsNew = 0
  #objectsPresent = 0
  #bytesStored = 0
  #bytesInlined = 0
  #bytesFetched = 0

  constructor(context: PullLayersOptions) {
    this.#context = context
  }

  /**
   * Stores all layers.
   *
   * @throws OciError with the layer, and what the repository and the source throw
   */
  async run(): Promise<PulledLayers> {
    const { plan, progress } = this.#context
    progress.start(this.#bytesToFetch())
    for (const layer of plan.layers) await this.#pull(layer)
    progress.finish()
    return {
      streams: this.#streams,
      names: this.#names,
      layers: plan.layers.map(({ id, descriptor }) => ({
        diffId: id,
        digest: descriptor.digest,
        status: this.#status.get(id) ?? 'present',
        size: descriptor.size,
      })),
      statistics: {
        objectsNew: this.#objectsNew,
        objectsPresent: this.#objectsPresent,
        bytesStored: this.#bytesStored,
        bytesInlined: this.#bytesInlined,
        bytesFetched: this.#bytesFetched,
      },
    }
  }

  /**
   * Gives the layers that are complete their names, so that another pull goes on from there. To be called when the
   * pull has failed, whatever the reason: a failure here is only told.
   */
  keepFinished(): void {
    const { repository, plan, options } = this.#context
    const total = new Set(plan.layers.map(({ id }) => id)).size
    try {
      if (this.#names.length > 0) publish(repository, this.#names)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      options.onNotice?.({
        level: 'warning',
        message: `layers that are complete could not be named: ${reason}`,
      })
      return
    }
    const fetched = [...this.#status.values()].filter(status => status === 'fetched').length
    if (fetched > 0) {
      options.onNotice?.({
        level: 'notice',
        message: `${this.#streams.size} of ${total} layers are stored; another pull goes on from there`,
      })
    }
  }

  async #pull(layer: PlannedLayer): Promise<void> {
    const { options, repository, progress } = this.#context
    options.signal?.throwIfAborted()
    const { id } = layer
    const again = this.#streams.get(id)
    if (again !== undefined) return await this.#readBack(layer, again)
    const present = await this.#findGood(layer)
    if (present !== undefined) {
      this.#streams.set(id, present)
      this.#status.set(id, 'present')
      // A repair cannot know before how much there is to fetch.
      progress.skip(id, options.repair ? layer.descriptor.size : 0)
      return await this.#readBack(layer, present)
    }
    const { stream, size } = await this.#fetch(layer)
    this.#streams.set(id, stream)
    this.#status.set(id, 'fetched')
    this.#names.push({ kind: 'stream', id: layerStreamId(id), digest: stream })
    if (!this.#context.source.isLocal || size > LARGE_LAYER_SIZE) {
      publish(repository, this.#names)
      this.#names = []
    }
  }

  /** The stream of a layer that is there and, where that is asked for, has been checked. */
  async #findGood(layer: PlannedLayer): Promise<Digest | undefined> {
    const { repository, options, merger } = this.#context
    const { id } = layer
    const stream = findLayer(repository, id)
    if (stream === undefined) return undefined
    if (options.verifyLayers || options.repair) {
      try {
        await verifyStoredContent(repository, { id, stream }, options.signal)
      } catch (error) {
        if (!options.repair) throw error instanceof OciError ? located(error, layer) : error
        options.signal?.throwIfAborted()
        const reason = error instanceof Error ? error.message : String(error)
        this.#warn(`layer ${layer.number} (${id}) is fetched again: ${reason}`)
        return undefined
      }
    }
    if (merger === undefined) return stream
    if ((await this.#contentType(layer, stream)) === CONTENT_TYPES.layer) return stream
    // An artifact has the same bytes as one of its blobs. The image needs them split; the blob keeps another name,
    // or the garbage collection would no longer find its object.
    this.#names.push({ kind: 'stream', id: blobStreamId(id), digest: stream })
    return undefined
  }

  async #contentType(layer: PlannedLayer, stream: Digest): Promise<string> {
    try {
      return (await this.#context.repository.streams.open(stream)).contentType
    } catch (error) {
      throw inStoredLayer(error, { layer: layer.number, diffId: layer.id })
    }
  }

  async #fetch(layer: PlannedLayer): Promise<{ stream: Digest; size: number }> {
    const { source, progress, options } = this.#context
    const { id, descriptor } = layer
    const transfer = progress.transfer(id, descriptor.size)
    const blob = this.#locate(layer, source.blob(descriptor, withSignal(options.signal)))
    const stored = await this.#store(layer, blob, transfer.fetched)
    // Only now: a layer that was refused, or that a signal cut short, is never done.
    transfer.done()
    return stored
  }

  async #store(
    layer: PlannedLayer,
    blob: AsyncIterable<Uint8Array>,
    onProgress: (bytes: number) => void,
  ): Promise<{ stream: Digest; size: number }> {
    const { repository, merger, options } = this.#context
    const { descriptor, id, number } = layer
    const signal = withSignal(options.signal)
    this.#bytesFetched += descriptor.size
    if (merger === undefined) {
      const { stream, object } = await importBlob(blob, {
        repository,
        descriptor,
        onProgress,
        ...signal,
      })
      this.#count(object.isNew ? 1 : 0, object.isNew ? 0 : 1, object.isNew ? object.size : 0)
      return { stream, size: object.size }
    }
    merger.beginLayer({ index: number - 1, diffId: id })
    const imported = await importLayer(blob, {
      repository,
      mediaTypeHint: descriptor.mediaType,
      expected: { diffId: id, blobDigest: descriptor.digest, blobSize: descriptor.size },
      layer: number,
      onEntry: entry => merger.apply(entry),
      onProgress,
      ...signal,
    })
    this.#count(imported.objectsNew, imported.objectsPresent, imported.bytesStored)
    this.#bytesInlined += imported.inlineSize
    return imported
  }

  /** Feeds the merger with a layer that is stored. */
  async #readBack(layer: PlannedLayer, stream: Digest): Promise<void> {
    const { repository, merger, options } = this.#context
    if (merger === undefined) return
    const { id, number } = layer
    const entries = await openEntries(repository, stream, { layer: number, diffId: id })
    merger.beginLayer({ index: number - 1, diffId: id })
    try {
      for await (const entry of entries) {
        options.signal?.throwIfAborted()
        merger.apply(entry)
      }
    } catch (error) {
      throw error instanceof OciError ? located(error, layer) : error
    }
  }

  /** Errors of the source know the blob; these know the layer too. */
  async *#locate(layer: PlannedLayer, blob: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* blob
    } catch (error) {
      throw error instanceof OciError ? located(error, layer) : error
    }
  }

  #bytesToFetch(): number {
    const { plan, repository, options } = this.#context
    const sizes = new Map<string, number>()
    for (const { id, descriptor } of plan.layers) {
      const isPresent = !options.repair && findLayer(repository, id) !== undefined
      if (!isPresent) sizes.set(id, descriptor.size)
    }
    let total = 0
    for (const size of sizes.values()) total += size
    return total
  }

  #count(objectsNew: number, objectsPresent: number, bytesStored: number): void {
    this.#objectsNew += objectsNew
    this.#objectsPresent += objectsPresent
    this.#bytesStored += bytesStored
  }

  #warn(message: string): void {
    this.#context.options.onNotice?.({ level: 'warning', message })
  }
}

/** The error with the layer it is about, once. */
function located(error: OciError, layer: PlannedLayer): OciError {
  if (!isOciError(error) || error.facts.layer !== undefined) return error
  return inLayer(error, { layer: layer.number, diffId: layer.id })
}
