import type {
  RepairedDocument,
  RepairedLayer,
  RepairFailure,
  RepairReport,
} from './repair-options.ts'

/** Gathers what a repair of images has done. */
export class RepairLog {
  readonly #layers = new Map<string, RepairedLayer>()
  readonly #documents: RepairedDocument[] = []
  readonly #images = new Set<string>()
  readonly #failures: RepairFailure[] = []
  #bytesFetched = 0

  layer(layer: RepairedLayer): void {
    // A layer that comes twice in an image is fetched once.
    if (this.#layers.has(layer.diffId)) return
    this.#layers.set(layer.diffId, layer)
  }

  fetched(bytes: number): void {
    this.#bytesFetched += bytes
  }

  document(document: RepairedDocument): void {
    this.#documents.push(document)
  }

  image(hex: string): void {
    this.#images.add(hex)
  }

  failure(failure: RepairFailure): void {
    this.#failures.push(failure)
  }

  get done(): Pick<RepairReport, 'layers' | 'documents' | 'images' | 'failures' | 'bytesFetched'> {
    return {
      layers: [...this.#layers.values()],
      documents: this.#documents,
      images: [...this.#images],
      failures: this.#failures,
      bytesFetched: this.#bytesFetched,
    }
  }
}
