import type { Digest } from '@composefs/fsverity'
import type { ObjectStore, PutResult } from '@composefs/repository'
import type { SplitstreamWriter } from '@composefs/splitstream'
import type { TarEntry } from '../tar/entry.ts'
import type { LayerSink, ObjectPieces } from '../tar/splitter.ts'

/** Counts of the contents of a layer that are objects. */
export interface LayerCounts {
  readonly objectsNew: number
  readonly objectsPresent: number
  /** Bytes of the new ones. */
  readonly bytesStored: number
}

/** Puts the parts of a layer into an object store and a splitstream. */
export class LayerStore implements LayerSink {
  readonly #objects: ObjectStore
  readonly #writer: SplitstreamWriter
  readonly #listener: { onEntry?(entry: TarEntry): void }
  #objectsNew = 0
  #objectsPresent = 0
  #bytesStored = 0

  constructor(
    objects: ObjectStore,
    writer: SplitstreamWriter,
    listener: { onEntry?(entry: TarEntry): void },
  ) {
    this.#objects = objects
    this.#writer = writer
    this.#listener = listener
  }

  get counts(): LayerCounts {
    return {
      objectsNew: this.#objectsNew,
      objectsPresent: this.#objectsPresent,
      bytesStored: this.#bytesStored,
    }
  }

  inline(data: Uint8Array): void {
    this.#writer.writeInline(data)
  }

  object(content: Uint8Array): Digest {
    return this.#count(this.#objects.put(content))
  }

  openObject(): ObjectPieces {
    const pieces = this.#objects.create()
    return {
      write: data => pieces.write(data),
      finish: () => this.#count(pieces.finish()),
      abort: () => pieces.abort(),
    }
  }

  external(digest: Digest, size: number): void {
    this.#writer.writeExternal(digest, size)
  }

  entry(entry: TarEntry): void {
    this.#listener.onEntry?.(entry)
  }

  #count({ digest, isNew, size }: PutResult): Digest {
    if (isNew) {
      this.#objectsNew += 1
      this.#bytesStored += size
    } else {
      this.#objectsPresent += 1
    }
    return digest
  }
}
