import { TOTAL_ID } from '@composefs/oci'
import type { Listeners } from './progress.ts'

/** Turns a count of things that are done into the events that progress is shown by. */
export interface ItemsProgress {
  /** For the option `onProgress` of a library. The total is known with the first call, or never. */
  onProgress(done: number, total: number | undefined): void
}

/** Reports things that are done one by one; `listeners` is what `withProgress` hands out. */
export function itemsProgress({ onProgress }: Pick<Listeners, 'onProgress'>): ItemsProgress {
  let hasStarted = false
  return {
    onProgress(done, known) {
      const total = Math.max(known ?? 0, done)
      if (!hasStarted) onProgress({ kind: 'started', id: TOTAL_ID, total, unit: 'items' })
      hasStarted = true
      onProgress({ kind: 'progress', id: TOTAL_ID, fetched: done, total })
      if (done === known) onProgress({ kind: 'done', id: TOTAL_ID, transferred: done })
    },
  }
}
