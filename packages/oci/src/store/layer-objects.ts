import type { Digest, Hashing } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { createStoreIntake, type DecoderEngine, type ObjectStore } from '@composefs/repository'
import {
  CONTENT_TYPES,
  memorySource,
  openSplitstream,
  type SplitstreamReader,
  SplitstreamWriter,
  type ZstdCodec,
} from '@composefs/splitstream'
import { nodeZstd } from '@composefs/splitstream/node'
import type { LayerRepository } from '../layer/import-options.ts'

/** Who does the work; default: what Node has. */
export interface LayerObjectsOptions {
  readonly hashing?: Hashing
  readonly zstd?: ZstdCodec
  readonly decoders?: DecoderEngine
}

/** What importLayer needs, and the way back. */
export interface LayerObjects extends LayerRepository {
  /**
   * Opens a layer that importLayer has stored.
   *
   * @param stream the `stream` of an ImportedLayer
   * @throws SplitstreamError
   */
  openLayer(stream: Digest): Promise<SplitstreamReader>
}

/**
 * Layers in any object store, one in memory too, without a repository: contents and streams are objects, and whoever
 * calls keeps the names.
 *
 * @example
 * const layers = createLayerObjects(createMemoryObjectStore(SHA512))
 * const { stream } = await importLayer(blob, { repository: layers, expected: { diffId } })
 * for await (const entry of layerEntries(await layers.openLayer(stream))) console.log(entry.kind)
 */
export function createLayerObjects(
  objects: ObjectStore,
  options: LayerObjectsOptions = {},
): LayerObjects {
  const { hashing = nodeHashing, zstd = nodeZstd, decoders } = options
  const { algorithm } = objects
  return {
    intake: createStoreIntake(objects),
    hashing,
    decoders,
    streams: {
      createWriter: contentType => new SplitstreamWriter({ algorithm, contentType, zstd }),
      store: async writer => objects.put(await writer.finish()).digest,
    },
    assertWritable() {},
    openLayer: async stream =>
      await openSplitstream(memorySource(objects.read(stream)), {
        algorithm,
        zstd,
        contentType: CONTENT_TYPES.layer,
      }),
  }
}
