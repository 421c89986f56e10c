import { type Progress as ProgressEvent, TOTAL_ID } from '@composefs/oci'
import type { Console } from './console.ts'
import { displayWidth } from './display-width.ts'
import { shortId } from './plain-progress.ts'
import { printable } from './printable.ts'
import type { ProgressView } from './progress.ts'
import { formatSize } from './size.ts'

/** Least time between two drawings, in ms. */
const DRAW_EVERY = 100
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
  readonly #console: Console
  readonly #terminal: Terminal
  readonly #transfers = new Map<string, Transfer>()
  readonly #start = performance.now()
  #total: Transfer | undefined
  #message = ''
  #drawnLines = 0
  #drawnAt = 0

  constructor(title: string, console: Console, terminal: Terminal) {
    this.#title = printable(title)
    this.#console = console
    this.#terminal = terminal
    console.beforeLine = () => this.#erase()
  }

  report(event: ProgressEvent): void {
    switch (event.kind) {
      case 'started':
        this.#begin(event.id, { total: event.total, fetched: 0 })
        break
      case 'progress': {
        const transfer = event.id === TOTAL_ID ? this.#total : this.#transfers.get(event.id)
        if (transfer !== undefined) transfer.fetched = event.fetched
        break
      }
      case 'done':
        this.#transfers.delete(event.id)
        break
      case 'message':
        this.#message = printable(event.message)
        this.#drawnAt = 0
    }
    this.#draw()
  }

  finish(): void {
    this.abandon()
  }

  abandon(): void {
    this.#erase()
    this.#console.beforeLine = undefined
  }

  #begin(id: string, transfer: Transfer): void {
    if (id === TOTAL_ID) this.#total = transfer
    else this.#transfers.set(id, transfer)
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
    const transfers = [...this.#transfers].slice(0, TRANSFERS_MAX)
    return [
      this.#totalLine(now),
      ...transfers.map(([id, transfer]) => transferLine(id, transfer)),
      ...(this.#message === '' ? [] : [this.#message]),
    ]
  }

  #totalLine(now: number): string {
    const { fetched = 0, total = 0 } = this.#total ?? {}
    if (fetched === 0) return this.#title
    const rate = (fetched * 1000) / (now - this.#start)
    const left = Math.ceil((total - fetched) / rate)
    return [
      this.#title,
      `${formatSize(fetched)} / ${formatSize(total)}`,
      `${formatSize(Math.round(rate))}/s`,
      `${left} s left`,
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
  return `  ${shortId(id)}  ${bar}  ${percent}%   ${formatSize(fetched)} / ${formatSize(total)}`
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
