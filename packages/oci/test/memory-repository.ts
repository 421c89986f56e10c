import { type Algorithm, type Digest, SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { createMemoryObjectStore, createStoreIntake } from '@composefs/repository'
import {
  CONTENT_TYPES,
  memorySource,
  openSplitstream,
  type SplitstreamReader,
  SplitstreamWriter,
} from '@composefs/splitstream'
import { nodeZstd } from '@composefs/splitstream/node'
import type { LayerRepository } from '../src/layer/import-options.ts'
import { formatLayerEntry } from '../src/layer/layer-dump.ts'
import { type LayerEntriesOptions, layerEntries } from '../src/layer/layer-entries.ts'

/** As much of a repository as layers need, in memory. */
export function memoryRepository(algorithm: Algorithm = SHA256) {
  const objects = createMemoryObjectStore(algorithm)
  const repository: LayerRepository = {
    intake: createStoreIntake(objects),
    hashing: nodeHashing,
    streams: {
      createWriter: contentType =>
        new SplitstreamWriter({ algorithm, contentType, zstd: nodeZstd }),
      store: async writer => objects.put(await writer.finish()).digest,
    },
    assertWritable() {},
  }
  return {
    ...repository,
    /** Size of an object, undefined for one that is missing. */
    objectSize: (id: Digest) => (objects.has(id) ? objects.read(id).length : undefined),
    openLayer: (stream: Digest) => openLayer(objects.read(stream), algorithm),
    /** The tar behind the stream of a layer. */
    async cat(stream: Digest): Promise<Uint8Array> {
      const pieces: Uint8Array[] = []
      const reader = await openLayer(objects.read(stream), algorithm)
      for await (const piece of reader.cat(id => objects.chunks(id))) pieces.push(piece)
      return Buffer.concat(pieces)
    },
  }
}

export function openLayer(bytes: Uint8Array, algorithm: Algorithm): Promise<SplitstreamReader> {
  const contentType = CONTENT_TYPES.layer
  return openSplitstream(memorySource(bytes), { algorithm, zstd: nodeZstd, contentType })
}

/** The lines of a stored layer, and the error that ended them. */
export async function listLayer(
  reader: SplitstreamReader,
  options: LayerEntriesOptions = {},
): Promise<{ lines: string[]; error: unknown }> {
  const lines: string[] = []
  try {
    for await (const entry of layerEntries(reader, options)) {
      lines.push(new TextDecoder().decode(formatLayerEntry(entry)).slice(0, -1))
    }
  } catch (error) {
    return { lines, error }
  }
  return { lines, error: undefined }
}
