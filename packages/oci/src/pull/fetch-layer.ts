import type { Digest } from '@composefs/fsverity'
import type { ObjectWriter, Repository } from '@composefs/repository'
import { isOciError } from '../errors.ts'
import { importLayer } from '../layer/import-layer.ts'
import type { LayerEntrySink } from '../layer/import-options.ts'
import type { ImageSource } from '../source/image-source.ts'
import { expectedLayer, inPlannedLayer, type PlannedLayer } from '../source/plan.ts'
import { writeBlobStream } from '../store/blob-stream.ts'
import type { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { heedSignal } from '../transfer/heed-signal.ts'
import { gatherChunks } from './gather-chunks.ts'
import { importBlob } from './import-blob.ts'

/** What is to be fetched of a layer, and how. */
export interface FetchLayerOptions {
  readonly repository: Repository
  readonly source: ImageSource
  /** `layer`: split a tar; `blob`: store the bytes as they are. */
  readonly as: 'layer' | 'blob'
  /** Beside the layer, keep its blob as it came. */
  readonly keepBlob: boolean
  /** Most bytes of the uncompressed layer. Default: that of an import. */
  readonly maxSize?: number | undefined
  /** Who gets the entries of a layer. */
  readonly entries?: LayerEntrySink | undefined
  /** Gets the bytes of the blob so far. */
  onProgress(bytes: number): void
  /** Called when the blob has been read to its end. */
  onRead?(): void
  readonly signal: AbortSignal
  readonly turns: EventLoopTurns
}

/** A layer that is stored but for its names. */
export interface FetchedLayer {
  /** The stream of the layer, or of the blob that was fetched as one. */
  readonly stream: Digest
  /** The stream of the blob that was kept beside the layer. */
  readonly keptBlob: Digest | undefined
  /** Bytes of what the stream stands for. */
  readonly size: number
  readonly objectsNew: number
  readonly objectsPresent: number
  readonly bytesStored: number
  readonly bytesInlined: number
}

/** Who brings layers that do not come out of the blobs of a source. */
export interface LayerSupply {
  /** Stores what is wanted of a layer and checks it against its digests. */
  fetch(layer: PlannedLayer, options: FetchLayerOptions): Promise<FetchedLayer>
  /** True when it has the blob of a layer as it came; others are not kept, whatever is asked for. */
  hasBlob(digest: string): boolean
}

/**
 * Fetches the blob of a layer once, checks it and stores what is wanted of it.
 *
 * @throws OciError with the layer; what the source and the repository throw; the reason of `signal`
 */
export async function fetchLayer(
  layer: PlannedLayer,
  options: FetchLayerOptions,
): Promise<FetchedLayer> {
  const { source, signal } = options
  try {
    const chunks = source.blob(layer.descriptor, { signal, areShortLived: true })
    const blob = gatherChunks(heedSignal(chunks, options))
    return options.as === 'blob'
      ? await fetchBlob(layer, blob, options)
      : await fetchTar(layer, blob, options)
  } catch (error) {
    // Errors of the source know the blob alone.
    throw isOciError(error) ? inPlannedLayer(error, layer) : error
  }
}

/** Stores a blob as it is. */
export async function fetchBlob(
  { descriptor }: PlannedLayer,
  blob: AsyncIterable<Uint8Array>,
  { repository, onProgress, signal }: FetchLayerOptions,
): Promise<FetchedLayer> {
  const { stream, object } = await importBlob(blob, { repository, descriptor, onProgress, signal })
  const { isNew, size } = object
  return {
    stream,
    keptBlob: undefined,
    size,
    objectsNew: isNew ? 1 : 0,
    objectsPresent: isNew ? 0 : 1,
    bytesStored: isNew ? size : 0,
    bytesInlined: 0,
  }
}

async function fetchTar(
  layer: PlannedLayer,
  blob: AsyncIterable<Uint8Array>,
  options: FetchLayerOptions,
): Promise<FetchedLayer> {
  const { repository, source, keepBlob, maxSize, entries, onProgress, onRead, signal } = options
  const { descriptor, number } = layer
  const { mediaType, size } = descriptor
  const copy = keepBlob ? repository.objects.create() : undefined
  try {
    const imported = await importLayer(copy === undefined ? blob : tee(blob, copy), {
      repository,
      mediaTypeHint: mediaType,
      expected: expectedLayer(layer, source),
      layer: number,
      maxSize,
      entries,
      onProgress,
      ...(onRead === undefined ? {} : { onRead }),
      signal,
    })
    const { stream, objectsNew, objectsPresent, bytesStored, inlineSize } = imported
    // Only what was checked becomes an object: the import has read and hashed the whole blob.
    const object = copy?.finish()
    const keptBlob = object && (await writeBlobStream(repository, { object: object.digest, size }))
    const counts = { objectsNew, objectsPresent, bytesStored, bytesInlined: inlineSize }
    return { stream, keptBlob, size: imported.size, ...counts }
  } finally {
    copy?.abort()
  }
}

/** Passes a blob on and writes what passes. */
async function* tee(
  blob: AsyncIterable<Uint8Array>,
  copy: ObjectWriter,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of blob) {
    copy.write(chunk)
    yield chunk
  }
}
