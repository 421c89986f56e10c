import type { Progress as ProgressEvent } from '@composefs/oci'
import { printableJson } from './printable.ts'
import type { ProgressView } from './progress-view.ts'
import type { Json } from './result.ts'

/** Least time between two `progress` frames of one transfer, in ms. */
const PROGRESS_EVERY = 100

/** Progress as one JSON object a line: the frames of cfsctl's varlink interface, numbered and with their time. */
export class JsonProgress implements ProgressView {
  readonly #print: (line: string) => void
  readonly #now: () => number
  readonly #last = new Map<string, number>()
  #sequence = 0

  constructor(print: (line: string) => void, now = () => Date.now()) {
    this.#print = print
    this.#now = now
  }

  report(event: ProgressEvent): void {
    const { kind, ...facts } = event
    if (event.kind === 'progress' && !this.#isDue(event)) return
    if (event.kind === 'message') this.#frame({ message: event.message })
    else if (event.kind !== 'started') this.#frame({ [kind]: facts })
    else this.#frame({ [kind]: { ...facts, unit: event.unit === 'bytes' ? 'Bytes' : 'Items' } })
  }

  finish(result: { readonly [key: string]: Json }): void {
    this.#frame({ completed: 'manifest_digest' in result ? pullFacts(result) : scalarsOf(result) })
  }

  abandon(): void {}

  #isDue({ id, fetched, total }: ProgressEvent & { kind: 'progress' }): boolean {
    const now = this.#now()
    const isDue = fetched === total || now - (this.#last.get(id) ?? 0) >= PROGRESS_EVERY
    if (isDue) this.#last.set(id, now)
    return isDue
  }

  #frame(frame: object): void {
    this.#sequence += 1
    const time = new Date(this.#now()).toISOString()
    this.#print(printableJson(JSON.stringify({ seq: this.#sequence, time, ...frame })))
  }
}

/** What cfsctl tells of a pull. */
function pullFacts(result: { readonly [key: string]: Json }): object {
  const { manifest_digest, config_digest, manifest_verity, config_verity, stats } = result
  return {
    manifest_digest,
    config_digest,
    manifest_verity,
    config_verity,
    stats,
    boot_image: result.composefs_boot_erofs,
    boot_image_mode: result.boot_image_mode,
    boot_image_format_version: result.boot_image_format_version,
  }
}

/** The counters of a result; its lists are in its document. */
function scalarsOf(result: { readonly [key: string]: Json }): object {
  return Object.fromEntries(
    Object.entries(result).filter(([, value]) => value === null || typeof value !== 'object'),
  )
}
