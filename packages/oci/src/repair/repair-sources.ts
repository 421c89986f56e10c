import { existsSync } from 'node:fs'
import { isOciError } from '../errors.ts'
import { parseImageReference } from '../reference.ts'
import type { ImageSource } from '../source/image-source.ts'
import { openSource } from '../source/open-source.ts'
import { reasonOfFailure } from './failure.ts'
import {
  type PlanRepairOptions,
  planFromRepository,
  planFromSource,
  type RepairPlan,
} from './plan-repair.ts'
import type { RepairOptions } from './repair-options.ts'

/** Somewhere that may have what is missing. */
export interface RepairSource {
  readonly description: string
  plan(options: PlanRepairOptions): Promise<RepairPlan>
}

/** Opens each source once, when it is first needed, and closes them all at the end. */
export class RepairSources implements AsyncDisposable {
  readonly #options: RepairOptions
  readonly #onUnopened: (reference: string, reason: string) => void
  /** Undefined for those that could not be opened: they are not tried again. */
  readonly #opened = new Map<string, ImageSource | undefined>()

  constructor(options: RepairOptions, onUnopened: (reference: string, reason: string) => void) {
    this.#options = options
    this.#onUnopened = onUnopened
  }

  /** The sources of an image that has these tags: those of the options, or what the tags say. */
  async *of(tags: readonly string[]): AsyncGenerator<RepairSource> {
    for (const from of this.#options.from ?? tags.filter(isReference)) {
      if (typeof from !== 'string') {
        const plan = (options: PlanRepairOptions) => planFromRepository(options, from)
        yield { description: from.path, plan }
        continue
      }
      const source = await this.#open(from)
      if (source === undefined) continue
      const plan = (options: PlanRepairOptions) => planFromSource(options, source)
      yield { description: source.description, plan }
    }
  }

  async #open(reference: string): Promise<ImageSource | undefined> {
    if (this.#opened.has(reference)) return this.#opened.get(reference)
    const { from: _, content: __, onNotice: ___, ...options } = this.#options
    try {
      const source = await openSource(reference, options)
      this.#opened.set(reference, source)
      return source
    } catch (error) {
      this.#onUnopened(reference, reasonOfFailure(error, options.signal))
      this.#opened.set(reference, undefined)
      return undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#opened.values()) await source?.close()
  }
}

/** True for a tag that says where the image came from. */
function isReference(tag: string): boolean {
  try {
    parseImageReference(tag, existsSync)
    return true
  } catch (error) {
    if (isOciError(error)) return false
    throw error
  }
}
