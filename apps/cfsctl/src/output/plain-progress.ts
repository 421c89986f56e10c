import { type Progress as ProgressEvent, TOTAL_ID } from '@composefs/oci'
import { printable } from './printable.ts'
import type { ProgressView } from './progress.ts'
import { formatSize } from './size.ts'

/** Time between two reports of what is going on, in ms. */
const REPORT_EVERY = 10_000

/** Progress as lines without escape codes: the start, each layer, now and then the total, and the end. */
export class PlainProgress implements ProgressView {
  readonly #title: string
  readonly #print: (line: string) => void
  readonly #now: () => number
  readonly #starts = new Map<string, number>()
  #started: number
  #reported: number
  #fetched = 0

  constructor(title: string, print: (line: string) => void, now = () => performance.now()) {
    this.#title = printable(title)
    this.#print = print
    this.#now = now
    this.#started = now()
    this.#reported = this.#started
  }

  report(event: ProgressEvent): void {
    switch (event.kind) {
      case 'started':
        this.#starts.set(event.id, this.#now())
        if (event.id !== TOTAL_ID) break
        this.#started = this.#now()
        this.#print(`${this.#title}: ${formatSize(event.total)}`)
        break
      case 'progress':
        if (event.id === TOTAL_ID) this.#total(event.fetched, event.total)
        break
      case 'skipped':
        this.#print(`layer ${shortId(event.id)}: already here`)
        break
      case 'done':
        if (event.id !== TOTAL_ID) this.#done(event.id, event.transferred)
        break
      case 'message':
        this.#print(printable(event.message))
    }
  }

  finish(): void {
    const seconds = secondsSince(this.#started, this.#now())
    this.#print(`${this.#title}: done, ${formatSize(this.#fetched)} in ${seconds} s`)
  }

  abandon(): void {}

  #done(id: string, transferred: number): void {
    const seconds = secondsSince(this.#starts.get(id) ?? this.#started, this.#now())
    this.#print(`layer ${shortId(id)}: done ${formatSize(transferred)} in ${seconds} s`)
  }

  #total(fetched: number, total: number): void {
    this.#fetched = fetched
    const now = this.#now()
    if (now - this.#reported < REPORT_EVERY) return
    this.#reported = now
    const rate = (fetched * 1000) / (now - this.#started)
    this.#print(
      `${this.#title}: ${formatSize(fetched)} of ${formatSize(total)}, ${formatSize(Math.round(rate))}/s`,
    )
  }
}

/** The first 12 digits of a digest. */
export function shortId(id: string): string {
  return printable(id.slice(id.indexOf(':') + 1).slice(0, 12))
}

function secondsSince(start: number, now: number): string {
  return ((now - start) / 1000).toFixed(1)
}
