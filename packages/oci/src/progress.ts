/**
 * What happens during a long operation. A transfer is `started`, makes `progress` and is `done`, or it is `skipped`
 * because its result is there already. The transfer `total` stands for all of them together; its size is known once
 * the manifest is. What was fetched only ever grows, also where a part has to be fetched once more.
 *
 * These are the frames of the varlink interface of cfsctl, one property each turned into `kind`.
 */
export type Progress =
  | {
      readonly kind: 'started'
      readonly id: string
      readonly total: number
      readonly unit: ProgressUnit
      /** Of the total: how many transfers will be done or skipped. */
      readonly transfers?: number
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

/** What is counted: bytes that come, or things that are done. */
export type ProgressUnit = 'bytes' | 'items'

/** The transfer that all others are part of. */
export const TOTAL_ID = 'total'

/** One transfer that goes on. */
export interface Transfer {
  /** @param bytes of the transfer so far; fewer than before, as after a new try, change nothing */
  fetched(bytes: number): void
  /** The transfer is complete, and so is its part of the total. */
  done(): void
}

/** Reports single transfers and the total of all. */
export class ProgressReport {
  readonly #onProgress: ((progress: Progress) => void) | undefined
  #total = 0
  #fetched = 0

  constructor(onProgress: ((progress: Progress) => void) | undefined) {
    this.#onProgress = onProgress
  }

  /**
   * @param total bytes of all transfers to come
   * @param transfers how many of them there will be, those that are skipped included
   */
  start(total: number, transfers?: number): void {
    this.#total = total
    const count = transfers === undefined ? {} : { transfers }
    this.#onProgress?.({ kind: 'started', id: TOTAL_ID, total, unit: 'bytes', ...count })
  }

  /** @param counted bytes of it that are part of the total */
  skip(id: string, counted = 0): void {
    this.#onProgress?.({ kind: 'skipped', id })
    if (counted > 0) this.#advance(counted)
  }

  message(message: string): void {
    this.#onProgress?.({ kind: 'message', message })
  }

  /** Starts one transfer; several may go on at once. */
  transfer(id: string, total: number): Transfer {
    let transferred = 0
    this.#onProgress?.({ kind: 'started', id, total, unit: 'bytes' })
    const fetched = (bytes: number) => {
      const more = bytes - transferred
      if (more <= 0) return
      transferred = bytes
      this.#onProgress?.({ kind: 'progress', id, fetched: bytes, total })
      this.#advance(more)
    }
    return {
      fetched,
      done: () => {
        fetched(total)
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
