/**
 * What happens during a long operation. A transfer is `started`, makes `progress` and is `done`, or it is `skipped`
 * because its result is there already. The transfer `total` stands for all of them together; its size is known once
 * the manifest is.
 *
 * These are the frames of the varlink interface of cfsctl, one property each turned into `kind`.
 */
export type Progress =
  | {
      readonly kind: 'started'
      readonly id: string
      readonly total: number
      readonly unit: ProgressUnit
    }
  | {
      readonly kind: 'progress'
      readonly id: string
      readonly fetched: number
      readonly total: number
    }
  | { readonly kind: 'skipped'; readonly id: string }
  | { readonly kind: 'done'; readonly id: string; readonly transferred: number }
  | { readonly kind: 'message'; readonly message: string }

export type ProgressUnit = 'bytes' | 'items'

/** The transfer that all others are part of. */
export const TOTAL_ID = 'total'

/** Reports single transfers and the total of all. */
export class ProgressReport {
  readonly #onProgress: ((progress: Progress) => void) | undefined
  #total = 0
  #fetched = 0

  constructor(onProgress: ((progress: Progress) => void) | undefined) {
    this.#onProgress = onProgress
  }

  /** @param total bytes of all transfers to come */
  start(total: number): void {
    this.#total = total
    this.#onProgress?.({ kind: 'started', id: TOTAL_ID, total, unit: 'bytes' })
  }

  /** @param counted bytes of it that are part of the total */
  skip(id: string, counted = 0): void {
    this.#onProgress?.({ kind: 'skipped', id })
    if (counted > 0) this.#advance(counted)
  }

  message(message: string): void {
    this.#onProgress?.({ kind: 'message', message })
  }

  /** Starts one transfer; the function that is returned takes the bytes so far. */
  transfer(id: string, total: number): { fetched(bytes: number): void; done(): void } {
    let transferred = 0
    this.#onProgress?.({ kind: 'started', id, total, unit: 'bytes' })
    const fetched = (bytes: number) => {
      const more = bytes - transferred
      transferred = bytes
      this.#onProgress?.({ kind: 'progress', id, fetched: bytes, total })
      this.#advance(more)
    }
    return {
      fetched,
      done: () => {
        if (transferred !== total) fetched(total)
        this.#onProgress?.({ kind: 'done', id, transferred: total })
      },
    }
  }

  finish(): void {
    this.#onProgress?.({ kind: 'done', id: TOTAL_ID, transferred: this.#fetched })
  }

  #advance(bytes: number): void {
    this.#fetched += bytes
    // A layer that seemed to be there may have to be fetched after all.
    this.#total = Math.max(this.#total, this.#fetched)
    const [fetched, total] = [this.#fetched, this.#total]
    this.#onProgress?.({ kind: 'progress', id: TOTAL_ID, fetched, total })
  }
}
