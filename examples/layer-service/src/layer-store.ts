import type { Algorithm, Digest } from '@composefs/fsverity'
import {
  createLayerObjects,
  importLayer,
  type LayerObjects,
  layerEntries,
  type TarEntry,
} from '@composefs/oci'
import { UrlObjects } from './url-objects.ts'

/** A layer that is in the store. */
export interface StoredLayer {
  readonly diffId: string
  /** The object that holds what is not in other objects. */
  readonly stream: Digest
  /** Bytes of the tar. */
  readonly size: number
  readonly newObjects: number
}

/** Layers in an object store of our own: no repository, no directory, no kernel. */
export class LayerStore {
  readonly objects: UrlObjects
  readonly #layers = new Map<string, StoredLayer>()
  readonly #repository: LayerObjects

  constructor(algorithm: Algorithm) {
    this.objects = new UrlObjects(algorithm)
    this.#repository = createLayerObjects(this.objects)
  }

  get(diffId: string): StoredLayer | undefined {
    return this.#layers.get(diffId)
  }

  /**
   * Takes a layer, plain or packed by gzip or zstd, as it comes. It gets its name when all of it is known to be right.
   *
   * @throws OciError ERR_OCI_DIFF_ID_MISMATCH and others
   */
  async add(diffId: string, blob: AsyncIterable<Uint8Array>): Promise<StoredLayer> {
    const { stream, size, objectsNew } = await importLayer(blob, {
      repository: this.#repository,
      expected: { diffId },
    })
    const layer = { diffId, stream, size, newObjects: objectsNew }
    this.#layers.set(diffId, layer)
    return layer
  }

  /** Its entries, in the order of the tar. */
  async *entries(layer: StoredLayer): AsyncGenerator<TarEntry> {
    yield* layerEntries(await this.#repository.openLayer(layer.stream), {
      objectSize: id => this.objects.read(id).length,
    })
  }

  /** The tar as it was. */
  async *tar(layer: StoredLayer): AsyncGenerator<Uint8Array> {
    const reader = await this.#repository.openLayer(layer.stream)
    yield* reader.cat(id => this.objects.chunks(id))
  }
}
