import { type Progress as ProgressEvent, type ProgressUnit, TOTAL_ID } from '@composefs/oci'
import { printable } from './printable.ts'
import type { ProgressView } from './progress-view.ts'
import { TransferRate } from './transfer-rate.ts'
import { amountOfTotal, roundAmount, roundSize, shortId, skippedText } from './transfer-text.ts'

/** Time between two reports of what is going on, in ms. */
const REPORT_EVERY = 10_000

/** Progress as lines without escape codes: the start, each layer, now and then the total, and the end. */
export class PlainProgress implements ProgressView {
  readonly #title: string
  readonly #print: (line: string) => void
  readonly #now: () => number
  readonly #starts = new Map<string, number>()
  readonly #rate = new TransferRate()
  #started: number
  #reported: number
  #fetched = 0
  #total = 0
  #unit: ProgressUnit = 'bytes'
  /** Reports even while nothing comes. */
  #timer: NodeJS.Timeout | undefined

  /** @param title `VERB SUBJECT` */
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
        if (event.id === TOTAL_ID) this.#begin(event)
        break
      case 'progress':
        if (event.id === TOTAL_ID) this.#advance(event.fetched, event.total)
        break
      case 'skipped':
        this.#print(`layer ${shortId(event.id)}: ${skippedText(this.#title)}`)
        break
      case 'done':
        if (event.id === TOTAL_ID) this.#stop()
        else this.#done(event.id, event.transferred)
        break
      case 'message':
        this.#print(printable(event.message))
    }
  }

  finish(): void {
    this.#stop()
    const seconds = secondsSince(this.#started, this.#now())
    this.#print(`${this.#title}: done, ${roundAmount(this.#fetched, this.#unit)} in ${seconds} s`)
  }

  abandon(): void {
    this.#stop()
  }

  #begin({ total, transfers, unit }: ProgressEvent & { kind: 'started' }): void {
    this.#stop()
    this.#started = this.#now()
    this.#reported = this.#started
    this.#total = total
    this.#unit = unit
    this.#rate.note(0, this.#started)
    const layers =
      transfers === undefined ? '' : `${transfers} layer${transfers === 1 ? '' : 's'}, `
    // A search does not know how much it will find.
    const isUnknown = layers === '' && total === 0
    this.#print(`${this.#title}: ${isUnknown ? 'started' : `${layers}${roundAmount(total, unit)}`}`)
    this.#timer = setInterval(() => this.#reportIfDue(), REPORT_EVERY).unref()
  }

  #stop(): void {
    clearInterval(this.#timer)
  }

  #done(id: string, transferred: number): void {
    const seconds = secondsSince(this.#starts.get(id) ?? this.#started, this.#now())
    this.#print(`layer ${shortId(id)}: done ${roundSize(transferred)} in ${seconds} s`)
  }

  #advance(fetched: number, total: number): void {
    this.#fetched = fetched
    this.#total = total
    this.#rate.note(fetched, this.#now())
    this.#reportIfDue()
  }

  #reportIfDue(): void {
    const now = this.#now()
    if (now - this.#reported < REPORT_EVERY) return
    this.#reported = now
    const [verb = ''] = this.#title.split(' ')
    const unit = this.#unit
    const rate = roundAmount(Math.round(this.#rate.at(this.#fetched, now)), unit)
    const amount = amountOfTotal(this.#fetched, this.#total, { unit, between: 'of' })
    this.#print(`${verb}: ${amount}, ${rate}/s`)
  }
}

function secondsSince(start: number, now: number): string {
  return ((now - start) / 1000).toFixed(1)
}
