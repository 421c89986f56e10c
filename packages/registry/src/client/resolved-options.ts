import type { Environment } from '../config/config-file.ts'
import type { RegistryOptions, RetryEvent } from '../registry-options.ts'

/** Options with their defaults in place. */
export interface ResolvedOptions {
  readonly tlsVerify: boolean | undefined
  readonly certDir: string | undefined
  readonly retries: number
  readonly idleTimeoutMs: number
  readonly userAgent: string
  readonly env: Environment
  readonly onRetry: ((event: RetryEvent) => void) | undefined
}

const RETRIES = 3
const IDLE_TIMEOUT_MS = 60_000
const USER_AGENT = 'composefs-registry/0.1'

/** Longest time that a timer of Node takes. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** @throws RangeError for what makes no sense */
export function resolveOptions(options: RegistryOptions): ResolvedOptions {
  const { retries = RETRIES, idleTimeoutMs = IDLE_TIMEOUT_MS, userAgent = USER_AGENT } = options
  if (!Number.isSafeInteger(retries) || retries < 0) throw new RangeError(`retries: ${retries}`)
  if (!(idleTimeoutMs >= 0)) throw new RangeError(`idleTimeoutMs: ${idleTimeoutMs}`)
  if (!/^[\x20-\x7e]+$/.test(userAgent)) throw new RangeError('userAgent: not a header')
  return {
    tlsVerify: options.tlsVerify,
    certDir: options.certDir,
    retries,
    idleTimeoutMs: idleTimeoutMs > TIMEOUT_MAX_MS ? 0 : idleTimeoutMs,
    userAgent,
    env: options.env ?? process.env,
    onRetry: options.onRetry === undefined ? undefined : event => options.onRetry?.(event),
  }
}
