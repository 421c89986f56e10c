import type { RegistryOptions, RetryEvent } from '@composefs/registry'
import { OciError } from '../../errors.ts'
import { backOffDelay, sleep } from './back-off.ts'

/** Tries after the first one. */
const RETRIES = 3

/** What is tried. */
export interface Attempt {
  /** For people. */
  readonly what: string
  /** From 1. */
  readonly tryNumber: number
  readonly signal: AbortSignal
  /** True where what has failed may work a moment later: over a network, through a daemon. */
  readonly isRemote: boolean
  /** Bytes that are here already. */
  readonly offset?: number
}

/** What skopeo says when it is the network's fault. */
const TRANSIENT =
  /HTTP status:? (?:5\d\d|429)|toomanyrequests|connection (?:reset|refused)|\bEOF\b|timeout|broken pipe|temporary failure|server misbehaving/i

/**
 * Waits before another try.
 *
 * @throws OciError the error itself when a further try is not worth while, with the number of tries
 */
export async function beforeRetry(
  error: unknown,
  attempt: Attempt,
  options: Pick<RegistryOptions, 'retries' | 'onRetry'>,
): Promise<void> {
  const { what, tryNumber, signal, offset } = attempt
  const tries = (options.retries ?? RETRIES) + 1
  signal.throwIfAborted()
  if (!(error instanceof OciError) || !isTransient(error, attempt.isRemote)) throw error
  if (tryNumber >= tries) {
    throw tries === 1 ? error : error.with({ tries }, `after ${tries} tries`)
  }
  const delayMs = backOffDelay(tryNumber)
  const event: RetryEvent = {
    what,
    reason: error.message,
    tryNumber,
    tries,
    delayMs,
    ...(offset === undefined ? {} : { offset }),
  }
  options.onRetry?.(event)
  await sleep(delayMs, signal)
}

function isTransient({ code, facts, message }: OciError, isRemote: boolean): boolean {
  switch (code) {
    case 'ERR_OCI_SKOPEO_ENDED':
      // What does not even start does not do so the next time.
      return facts.method !== 'Initialize'
    case 'ERR_OCI_SKOPEO_TIMEOUT':
      return true
    case 'ERR_OCI_SKOPEO_REFUSED':
      return facts.isRetryable === true || (isRemote && TRANSIENT.test(message))
    case 'ERR_OCI_SIZE_MISMATCH':
      // A body that ended early.
      return isRemote && Number(facts.actual) < Number(facts.expected)
    default:
      return false
  }
}
