import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { inspectStream, type StreamState } from './stream-content.ts'

/** Reads each stream once, however many images need it. */
export class StreamCache {
  readonly #repository: Repository
  readonly #signal: AbortSignal | undefined
  readonly #states = new Map<string, StreamState>()

  constructor(repository: Repository, signal: AbortSignal | undefined) {
    this.#repository = repository
    this.#signal = signal
  }

  /** @param expected hash the content too, and compare it with this digest */
  async state(stream: Digest, expected?: string): Promise<StreamState> {
    const key = `${stream.hex} ${expected ?? ''}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state = await inspectStream(this.#repository, stream, { expected, signal: this.#signal })
    this.#states.set(key, state)
    return state
  }
}
