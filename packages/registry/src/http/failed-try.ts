import { RegistryError, type RegistryErrorCode, type RegistryErrorFacts } from '../errors.ts'

/** What a FailedTry knows beside its code and reason. */
export interface FailedTryOptions {
  /** True where the same request may work a moment later. */
  readonly isRetryable: boolean
  /** What the server asks us to wait. */
  readonly retryAfterMs?: number | undefined
  readonly facts?: RegistryErrorFacts | undefined
  readonly cause?: unknown
}

/** One request that failed. Stays inside the package: whoever tries again or gives up makes a RegistryError of it. */
export class FailedTry extends Error {
  override readonly name = 'FailedTry'
  readonly code: RegistryErrorCode
  readonly isRetryable: boolean
  readonly retryAfterMs: number | undefined
  readonly facts: RegistryErrorFacts

  constructor(code: RegistryErrorCode, reason: string, options: FailedTryOptions) {
    super(reason, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.isRetryable = options.isRetryable
    this.retryAfterMs = options.retryAfterMs
    this.facts = options.facts ?? {}
  }

  /** The same failure with more facts; those that are there stay. */
  with(facts: RegistryErrorFacts, reason = this.message): FailedTry {
    return new FailedTry(this.code, reason, {
      isRetryable: this.isRetryable,
      retryAfterMs: this.retryAfterMs,
      facts: { ...facts, ...this.facts },
      cause: this.cause,
    })
  }

  /** The error for the caller, when nothing more is tried. `where` is what was asked for and of whom. */
  toError(where: string, facts: RegistryErrorFacts & { readonly tries: number }): RegistryError {
    const after = facts.tries > 1 ? `, after ${facts.tries} tries` : ''
    return new RegistryError(
      this.code,
      `${where}: ${this.message}${after}`,
      { ...this.facts, ...facts },
      this.cause === undefined ? {} : { cause: this.cause },
    )
  }
}
