import { OciError } from '../../errors.ts'

/** What is asked of skopeo. */
export interface BlobRequest {
  readonly digest: string
  /** Undefined where only skopeo knows it. */
  readonly size: number | undefined
  /** Bytes at its beginning that an earlier try has given already. Grows with what is given now. */
  delivered: number
}

/** Counts what comes of a blob, and complains when it is not what was to come. */
export class BlobCounter {
  readonly #request: BlobRequest
  #received = 0

  constructor(request: BlobRequest) {
    this.#request = request
  }

  get received(): number {
    return this.#received
  }

  get isComplete(): boolean {
    return this.#received === this.#request.size
  }

  /**
   * The part of the next piece that is new; undefined where nothing is.
   *
   * @throws OciError ERR_OCI_SIZE_MISMATCH once there is too much
   */
  take(chunk: Uint8Array): Uint8Array | undefined {
    const request = this.#request
    const known = Math.min(Math.max(request.delivered - this.#received, 0), chunk.length)
    this.#received += chunk.length
    const { size } = request
    if (size !== undefined && this.#received > size)
      throw this.#mismatch('at least', this.#received)
    if (known === chunk.length) return undefined
    request.delivered = this.#received
    return chunk.subarray(known)
  }

  /** @throws OciError ERR_OCI_SIZE_MISMATCH when there was too little */
  end(): void {
    const { size, delivered } = this.#request
    if (this.#received !== (size ?? Math.max(delivered, this.#received))) {
      throw this.#mismatch('only', this.#received)
    }
  }

  /**
   * Compares what skopeo says about the size; -1 is that it does not know.
   *
   * @throws OciError ERR_OCI_SIZE_MISMATCH
   */
  announced(value: unknown): void {
    const { size } = this.#request
    if (size === undefined || typeof value !== 'number' || value < 0 || value === size) return
    throw this.#mismatch('', value)
  }

  #mismatch(how: string, actual: number): OciError {
    const { digest, size } = this.#request
    const amount = [how, `${actual} bytes`].filter(word => word !== '').join(' ')
    return new OciError(
      'ERR_OCI_SIZE_MISMATCH',
      `skopeo gave ${amount} for the blob ${digest}, its descriptor says ${size}`,
      { digest, expected: size, actual },
    )
  }
}
