import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import type { PlannedLayer, PullPlan } from '../source/plan.ts'
import { blobStreamId, layerStreamId } from '../store/stream-names.ts'
import type { FetchedLayer } from './fetch-layer.ts'
import type { LayerSurvey } from './missing-layers.ts'
import type { PulledLayer, PullStatistics } from './pull-options.ts'

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

/** The statistics of a pull that has read no layer. */
export const NOTHING_PULLED: PullStatistics = {
  objectsNew: 0,
  objectsPresent: 0,
  bytesStored: 0,
  bytesInlined: 0,
  bytesFetched: 0,
}

/** The layers of a plan that are stored by now, and what is to be told of them at the end. */
export class StoredLayers {
  readonly #plan: PullPlan
  /** The stream of each by the id of the layer. */
  readonly streams = new Map<string, Digest>()
  /** Those that were made of blobs since the pull has begun, by id. */
  readonly fresh = new Set<string>()
  readonly #blobs = new Map<string, Digest>()
  readonly #fetched = new Set<string>()
  #names: PublishedName[] = []
  #statistics: PullStatistics = NOTHING_PULLED

  constructor(plan: PullPlan) {
    this.#plan = plan
  }

  /** How many there are by now, and how many there will be. */
  get counts(): { readonly stored: number; readonly total: number } {
    const ids = new Set(this.#plan.layers.map(({ id }) => id))
    return { stored: this.streams.size, total: ids.size }
  }

  /** True when any was fetched. */
  get hasFetched(): boolean {
    return this.#fetched.size > 0
  }

  /** Takes down what was there before. */
  add({ streams, blobs, names }: Pick<LayerSurvey, 'streams' | 'blobs' | 'names'>): void {
    for (const [id, stream] of streams) this.streams.set(id, stream)
    for (const [digest, stream] of blobs) this.#blobs.set(digest, stream)
    this.#names.push(...names)
  }

  /** Takes down what was fetched for a layer: the layer itself, or its blob alone. */
  note(
    { id, descriptor: { digest, size } }: PlannedLayer,
    fetched: FetchedLayer,
    { needsLayer, isSupplied }: { readonly needsLayer: boolean; readonly isSupplied: boolean },
  ): void {
    const blob = needsLayer ? fetched.keptBlob : fetched.stream
    this.#fetched.add(id)
    if (needsLayer) {
      if (!isSupplied) this.fresh.add(id)
      this.streams.set(id, fetched.stream)
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

  /** Syncs what is stored, and gives it the names that it has not got yet. */
  publish(repository: Repository): void {
    if (this.#names.length === 0) return
    publish(repository, this.#names)
    this.#names = []
  }

  /** All layers of the plan, each of which is stored now. */
  pulled(): PulledLayers {
    const { layers } = this.#plan
    const blobs = new Map<string, Digest>()
    for (const { descriptor } of layers) {
      const stream = this.#blobs.get(descriptor.digest)
      if (stream !== undefined) blobs.set(descriptor.digest, stream)
    }
    return {
      streams: this.#streamsInOrder(),
      blobs,
      names: this.#names,
      layers: layers.map(({ id, descriptor: { digest, size } }) => ({
        diffId: id,
        digest,
        status: this.#fetched.has(id) ? 'fetched' : 'present',
        size,
        isBlobKept: blobs.has(digest),
      })),
      statistics: this.#statistics,
    }
  }

  /** The streams base first: a config lists its layers so. */
  #streamsInOrder(): Map<string, Digest> {
    const ordered = new Map<string, Digest>()
    for (const { id } of this.#plan.layers) {
      const stream = this.streams.get(id)
      if (stream !== undefined) ordered.set(id, stream)
    }
    return ordered
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
}
