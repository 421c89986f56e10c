import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { inspectStream, type StreamState } from './stream-content.ts'

/** Reads each stream once, however many images need it. One that is wrong is read again where it may be mended. */
export class StreamCache {
  readonly #repository: Repository
  readonly #signal: AbortSignal | undefined
  readonly #keepsBad: boolean
  readonly #states = new Map<string, StreamState>()

  constructor(
    repository: Repository,
    options: { readonly signal: AbortSignal | undefined; readonly isMended?: boolean },
  ) {
    this.#repository = repository
    this.#signal = options.signal
    this.#keepsBad = options.isMended !== true
  }

  /** @param expected hash the content too, and compare it with this digest */
  async state(stream: Digest, expected?: string): Promise<StreamState> {
    const key = `${stream.hex} ${expected ?? ''}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state = await inspectStream(this.#repository, stream, { expected, signal: this.#signal })
    if (this.#keepsBad || isComplete(state)) this.#states.set(key, state)
    return state
  }

  /** True when the stream can be read and nothing is missing. */
  async isGood(stream: Digest, expected?: string): Promise<boolean> {
    if (!this.#repository.objects.has(stream)) return false
    return isComplete(await this.state(stream, expected))
  }
}

function isComplete({ missing, problem }: StreamState): boolean {
  return missing.length === 0 && problem === undefined
}
