import { setTimeout as sleep } from 'node:timers/promises'
import type { RegistryErrorFacts } from '../errors.ts'
import type { HttpMethod } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import type { RetryEvent } from '../registry-options.ts'

/** What is tried, how often, and who wants to know. */
export interface RetryOptions {
  /** For people: `blob sha256:…`. */
  readonly what: string
  readonly method: HttpMethod
  /** For errors: registry and repository. */
  readonly where: string
  readonly facts: RegistryErrorFacts
  /** With the first one. */
  readonly tries: number
  readonly signal: AbortSignal
  onRetry?: ((event: RetryEvent) => void) | undefined
}

/** Longest wait after the first failure, in ms; it doubles with each. */
const DELAY_FIRST_MS = 500

/** Longest wait between two tries, in ms, whatever a registry asks for by Retry-After. */
const DELAY_MAX_MS = 60_000

/** Counts the tries of something, and waits between them. */
export class Retries {
  readonly #options: RetryOptions
  #failures = 0
  #requests = 0

  constructor(options: RetryOptions) {
    this.#options = options
  }

  /** The last try got on: those to come count from the beginning. */
  renew(): void {
    this.#failures = 0
  }

  /**
   * Waits after a try that failed, with full jitter: clients that were cut off together do not come back together.
   *
   * @throws RegistryError when it is not to be tried again, the reason of the signal, and all that is no FailedTry
   */
  async wait(error: unknown, offset?: number): Promise<void> {
    const { signal, tries, what, onRetry } = this.#options
    if (!(error instanceof FailedTry)) throw error
    signal.throwIfAborted()
    this.#failures++
    this.#requests++
    if (!error.isRetryable || this.#failures >= tries) throw this.#finalError(error, offset)
    const delayMs = delayAfter(this.#failures, error.retryAfterMs)
    onRetry?.({
      what,
      reason: error.message,
      tryNumber: this.#failures,
      tries,
      delayMs,
      ...(offset === undefined ? {} : { offset }),
    })
    try {
      await sleep(delayMs, undefined, { signal })
    } catch (cause) {
      signal.throwIfAborted()
      throw cause
    }
  }

  #finalError(error: FailedTry, offset: number | undefined): Error {
    const { where, method, what, facts } = this.#options
    return error.toError(`${where}: ${method} ${what}`, {
      method,
      ...facts,
      tries: this.#requests,
      ...(offset === undefined ? {} : { offset }),
    })
  }
}

function delayAfter(failures: number, retryAfterMs: number | undefined): number {
  const jitter = Math.random() * DELAY_FIRST_MS * 2 ** Math.min(failures - 1, 10)
  return Math.ceil(Math.min(Math.max(jitter, retryAfterMs ?? 0), DELAY_MAX_MS))
}
