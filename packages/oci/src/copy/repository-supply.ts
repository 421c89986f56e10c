import type { Digest } from '@composefs/fsverity'
import type { DataSharing, ReceivedBy, Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { isOciError, OciError } from '../errors.ts'
import { importLayer } from '../layer/import-layer.ts'
import {
  type FetchedLayer,
  type FetchLayerOptions,
  fetchBlob,
  type LayerSupply,
} from '../pull/fetch-layer.ts'
import { findLayer } from '../pull/missing-layers.ts'
import { inPlannedLayer, type PlannedLayer } from '../source/plan.ts'
import { keptBlob } from '../store/kept-blob.ts'
import { openEntries } from '../store/open-entries.ts'
import { type CopiedStream, copyStream, type ReceivedCounts } from './copy-stream.ts'

export interface RepositorySupplyOptions {
  readonly from: Repository
  /** The streams of the image's layers, by id. */
  readonly layers: ReadonlyMap<string, Digest>
  /** The streams of the blobs that are kept of it, by digest. */
  readonly blobs: ReadonlyMap<string, Digest>
  readonly sharing: DataSharing
}

/**
 * Brings layers from another repository. Where both have the same algorithm, streams and objects are taken over as they
 * are; else the layer is read as a tar and split anew.
 */
export class RepositorySupply implements LayerSupply {
  readonly #options: RepositorySupplyOptions
  readonly #objects = { present: 0, copied: 0, reflinked: 0, hardlinked: 0 }
  readonly #bytes = { present: 0, copied: 0, reflinked: 0, hardlinked: 0 }

  constructor(options: RepositorySupplyOptions) {
    this.#options = options
  }

  /** Objects of the layers so far, by how they came. */
  get objects(): ReceivedCounts {
    return this.#objects
  }

  /** Their bytes. */
  get bytes(): ReceivedCounts {
    return this.#bytes
  }

  hasBlob(digest: string): boolean {
    return this.#options.blobs.has(digest)
  }

  async fetch(layer: PlannedLayer, options: FetchLayerOptions): Promise<FetchedLayer> {
    try {
      if (options.as === 'blob') return await this.#fetchBlob(layer, options)
      const fetched = await this.#fetchTar(layer, options)
      if (!options.keepBlob) return fetched
      const { stream } = await this.#fetchBlob(layer, { ...options, onProgress() {} })
      return { ...fetched, keptBlob: stream }
    } catch (error) {
      throw isOciError(error) ? inPlannedLayer(error, layer) : error
    }
  }

  async #fetchTar(layer: PlannedLayer, options: FetchLayerOptions): Promise<FetchedLayer> {
    const { from, layers } = this.#options
    const { id } = layer
    const stream = layers.get(id) ?? findLayer(from, id)
    if (stream === undefined) {
      throw new OciError('ERR_OCI_NO_SUCH_LAYER', `Layer ${id} not found`, { diffId: id })
    }
    const contentType = CONTENT_TYPES.layer
    const { size, streamReferences } = await from.streams.open(stream, { contentType })
    const isCopied = from.algorithm === options.repository.algorithm
    // A layer refers to no other stream. One that does is split anew, or the reference would lead nowhere.
    if (!isCopied || streamReferences.length > 0) {
      return await this.#importTar(layer, { stream, size }, options)
    }
    const fetched = await this.#takeOver(layer, { stream, contentType, digest: id }, options)
    await feedEntries(layer, stream, options)
    return fetched
  }

  async #importTar(
    layer: PlannedLayer,
    tar: { readonly stream: Digest; readonly size: number },
    options: FetchLayerOptions,
  ): Promise<FetchedLayer> {
    const { repository, entries, signal } = options
    const { id, number } = layer
    const imported = await importLayer(this.#options.from.streams.cat(tar.stream), {
      repository,
      compression: 'none',
      expected: { diffId: id },
      layer: number,
      entries,
      onProgress: bytes => options.onProgress(scaled(layer, bytes, tar.size)),
      signal,
    })
    const { objectsNew, objectsPresent, bytesStored, inlineSize } = imported
    this.#count('copied', objectsNew, bytesStored)
    this.#count('present', objectsPresent, 0)
    return {
      stream: imported.stream,
      keptBlob: undefined,
      size: imported.size,
      objectsNew,
      objectsPresent,
      bytesStored,
      bytesInlined: inlineSize,
    }
  }

  /** The blob of an artifact, or one that is kept beside a layer. */
  async #fetchBlob(layer: PlannedLayer, options: FetchLayerOptions): Promise<FetchedLayer> {
    const { from } = this.#options
    const { digest } = layer.descriptor
    const kept = await keptBlob(from, digest)
    if (kept === undefined) return await this.#importBlob(layer, this.#catBlob(layer), options)
    if (from.algorithm !== options.repository.algorithm) {
      return await this.#importBlob(layer, inTurns(kept.chunks(), options), options)
    }
    const { stream } = kept
    return await this.#takeOver(layer, { stream, contentType: CONTENT_TYPES.blob, digest }, options)
  }

  /** The blob of an artifact that is no blob in the repository: cfsctl stores those that it copies as layers. */
  #catBlob({ id, descriptor: { digest } }: PlannedLayer): AsyncIterable<Uint8Array> {
    const { from, layers } = this.#options
    const stream = id === digest ? (layers.get(id) ?? findLayer(from, id)) : undefined
    if (stream !== undefined) return from.streams.cat(stream)
    const message = `${from.path} has no blob ${digest}`
    throw new OciError('ERR_OCI_MISSING_BLOB', message, { digest, path: from.path })
  }

  async #importBlob(
    layer: PlannedLayer,
    blob: AsyncIterable<Uint8Array>,
    options: FetchLayerOptions,
  ): Promise<FetchedLayer> {
    const fetched = await fetchBlob(layer, blob, options)
    const isNew = fetched.objectsNew > 0
    this.#count(isNew ? 'copied' : 'present', 1, fetched.bytesStored)
    return fetched
  }

  async #takeOver(
    layer: PlannedLayer,
    copied: CopiedStream,
    options: FetchLayerOptions,
  ): Promise<FetchedLayer> {
    const { from, sharing } = this.#options
    const { repository: to, signal, turns } = options
    const copy = await copyStream(copied, { from, to, sharing, signal, turns }, (bytes, total) =>
      options.onProgress(scaled(layer, bytes, total)),
    )
    for (const how of ['present', 'copied', 'reflinked', 'hardlinked'] as const) {
      this.#count(how, copy.objects[how], copy.bytes[how])
    }
    const { objects, bytes } = copy
    return {
      stream: copied.stream,
      keptBlob: undefined,
      size: copy.size,
      objectsNew: objects.copied + objects.reflinked + objects.hardlinked,
      objectsPresent: objects.present,
      bytesStored: bytes.copied + bytes.reflinked + bytes.hardlinked,
      bytesInlined: copy.inlineSize,
    }
  }

  #count(how: ReceivedBy, objects: number, bytes: number): void {
    this.#objects[how] += objects
    this.#bytes[how] += bytes
  }
}

/** Gives the entries of a layer that was taken over unread to whoever waits for them. */
async function feedEntries(
  { id, number }: PlannedLayer,
  stream: Digest,
  options: FetchLayerOptions,
): Promise<void> {
  const { repository, entries: sink, turns, signal } = options
  if (sink === undefined) return
  await sink.turn
  for await (const entry of await openEntries(repository, stream, { layer: number, diffId: id })) {
    sink.onEntry(entry)
    const turn = turns.due()
    if (turn !== undefined) await turn
    signal.throwIfAborted()
  }
}

async function* inTurns(
  chunks: Iterable<Uint8Array>,
  { turns }: FetchLayerOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) {
    const turn = turns.due()
    if (turn !== undefined) await turn
    yield chunk
  }
}

/** Progress in bytes of the blob, which is what totals are made of. */
function scaled({ descriptor }: PlannedLayer, bytes: number, total: number): number {
  return total === 0 ? descriptor.size : Math.floor((descriptor.size * bytes) / total)
}
