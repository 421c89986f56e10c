import type { Hashing } from '@composefs/fsverity'
import type { DecoderEngine, ObjectIntake, StreamStore } from '@composefs/repository'
import type { TarEntry } from '../tar/entry.ts'
import type { ReadLayerOptions } from './read-layer-options.ts'

/** What an import needs of a repository. */
export interface LayerRepository {
  readonly intake: ObjectIntake
  readonly streams: Pick<StreamStore, 'createWriter' | 'store'>
  readonly hashing: Hashing
  /** Who decompresses. Default: `node:zlib`. */
  readonly decoders?: DecoderEngine | undefined
  /** Throws when nothing may be stored; asked before the first byte is read. */
  assertWritable(): void
}

/** Where a layer goes, and who is told of it. */
export interface ImportLayerOptions extends ReadLayerOptions {
  readonly repository: LayerRepository
  /** Number of the layer in its image, the lowest being 1: for errors. */
  readonly layer?: number
  readonly entries?: LayerEntrySink | undefined
  /** Called when the blob has been read to its end, while its last bytes are still worked on. */
  onRead?(): void
}

/** Who gets every entry, in tar order, while the layer is read: before it is known that the layer is good. */
export interface LayerEntrySink {
  /** No entry comes before it resolves. */
  readonly turn?: Promise<void>
  /** Gets the next entry. */
  onEntry(entry: TarEntry): void
}
