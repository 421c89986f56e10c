import type { SecureContext } from 'node:tls'

/** How to talk TLS with a registry: both go into undici's `connect` options, beside `servername` and time-outs. */
export interface TlsSettings {
  /** Authorities that are trusted and the certificates that we show. Made once: it holds some hundred authorities. */
  readonly secureContext: SecureContext
  readonly rejectUnauthorized: boolean
}
