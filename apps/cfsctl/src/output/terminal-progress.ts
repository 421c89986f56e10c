import { type Progress as ProgressEvent, type ProgressUnit, TOTAL_ID } from '@composefs/oci'
import type { Console } from './console.ts'
import { displayWidth } from './display-width.ts'
import { printable } from './printable.ts'
import type { ProgressView } from './progress-view.ts'
import { TransferRate } from './transfer-rate.ts'
import {
  amountOfTotal,
  roundAmount,
  roundDuration,
  shortId,
  sizeOfTotal,
  skippedText,
  titleInProgress,
} from './transfer-text.ts'

/** Least time between two drawings, in ms. */
const DRAW_EVERY = 100
/** Time between two drawings while nothing happens, in ms: the rate falls then. */
const REDRAW_EVERY = 1000
/** Most lines of single transfers. */
const TRANSFERS_MAX = 8
const BAR_WIDTH = 20

interface Transfer {
  readonly total: number
  fetched: number
}

/** What of a terminal is needed. */
export interface Terminal {
  readonly columns?: number
  write(text: string): unknown
}

/** Progress as a few lines that are drawn again and again, and are gone at the end. Messages appear above them. */
export class TerminalProgress implements ProgressView {
  readonly #title: string
  readonly #skippedText: string
  readonly #console: Console
  readonly #terminal: Terminal
  readonly #transfers = new Map<string, Transfer>()
  readonly #skipped: string[] = []
  readonly #rate = new TransferRate()
  readonly #timer: NodeJS.Timeout
  #total = { fetched: 0, total: 0, transfers: 0, done: 0 }
  #unit: ProgressUnit = 'bytes'
  #message = ''
  #drawnLines = 0
  #drawnAt = 0

  /** @param title `VERB SUBJECT` */
  constructor(title: string, console: Console, terminal: Terminal) {
    this.#title = printable(titleInProgress(title))
    this.#skippedText = skippedText(title)
    this.#console = console
    this.#terminal = terminal
    console.beforeLine = () => this.#erase()
    this.#timer = setInterval(() => this.#draw(), REDRAW_EVERY).unref()
  }

  report(event: ProgressEvent): void {
    if (event.kind === 'message') {
      this.#message = printable(event.message)
      this.#drawnAt = 0
    } else if (event.id === TOTAL_ID) this.#reportTotal(event)
    else this.#reportTransfer(event)
    this.#draw()
  }

  finish(): void {
    this.abandon()
  }

  abandon(): void {
    clearInterval(this.#timer)
    this.#erase()
    this.#console.beforeLine = undefined
  }

  #reportTotal(event: Exclude<ProgressEvent, { readonly kind: 'message' }>): void {
    if (event.kind === 'started') {
      const { total, transfers = 0 } = event
      this.#unit = event.unit
      this.#total = { fetched: 0, total, transfers, done: 0 }
    } else if (event.kind === 'progress') {
      const { fetched, total } = event
      this.#total = { ...this.#total, fetched, total }
    }
    this.#rate.note(this.#total.fetched, performance.now())
  }

  #reportTransfer(event: Exclude<ProgressEvent, { readonly kind: 'message' }>): void {
    const { id } = event
    const transfer = this.#transfers.get(id)
    if (event.kind === 'started') this.#transfers.set(id, { total: event.total, fetched: 0 })
    else if (event.kind === 'progress') {
      if (transfer !== undefined) transfer.fetched = event.fetched
    } else {
      this.#transfers.delete(id)
      this.#total.done += 1
      if (event.kind === 'skipped') this.#skipped.push(id)
    }
  }

  #draw(): void {
    const now = performance.now()
    if (now - this.#drawnAt < DRAW_EVERY) return
    this.#drawnAt = now
    const columns = this.#terminal.columns ?? 80
    const lines = this.#lines(now).map(line => clip(line, columns - 1))
    this.#terminal.write(`${this.#eraser()}${lines.map(line => `${line}\n`).join('')}`)
    this.#drawnLines = lines.length
  }

  #lines(now: number): string[] {
    const transfers = Array.from(this.#transfers, ([id, transfer]) => transferLine(id, transfer))
    const skipped = this.#skipped.map(id => `  ${shortId(id)}  ${this.#skippedText}`)
    return [
      this.#totalLine(now),
      ...[...transfers, ...skipped].slice(0, TRANSFERS_MAX),
      ...(this.#message === '' ? [] : [this.#message]),
    ]
  }

  #totalLine(now: number): string {
    const { fetched, total, transfers, done } = this.#total
    const layers = transfers === 0 ? [] : [`layers ${Math.min(done, transfers)}/${transfers}`]
    if (fetched === 0) return [this.#title, ...layers].join('   ')
    const rate = this.#rate.at(fetched, now)
    const left = rate === 0 || fetched >= total ? undefined : ((total - fetched) * 1000) / rate
    return [
      this.#title,
      amountOfTotal(fetched, total, { unit: this.#unit }),
      `${roundAmount(Math.round(rate), this.#unit)}/s`,
      ...(left === undefined ? [] : [`${roundDuration(left)} left`]),
      ...layers,
    ].join('   ')
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#terminal.write(this.#eraser())
    this.#drawnLines = 0
    this.#drawnAt = 0
  }

  /** Moves to the first drawn line and clears from there on. */
  #eraser(): string {
    return this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A\u001b[J`
  }
}

function transferLine(id: string, { fetched, total }: Transfer): string {
  const part = total === 0 ? 1 : Math.min(fetched / total, 1)
  const filled = Math.floor(part * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  const percent = String(Math.floor(part * 100)).padStart(3)
  return `  ${shortId(id)}  ${bar}  ${percent}%   ${sizeOfTotal(fetched, total)}`
}

/** The beginning of the line that fits. */
function clip(line: string, columns: number): string {
  let width = 0
  let end = 0
  for (const character of line) {
    width += displayWidth(character)
    if (width > columns) break
    end += character.length
  }
  return line.slice(0, end)
}
