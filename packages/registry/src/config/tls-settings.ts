import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { type CertificateOptions, readHostCertificates } from './certificates.ts'
import type { Environment } from './config-file.ts'

/** How to talk TLS with a registry: both go into undici's `connect` options, beside `servername` and time-outs. */
export interface TlsSettings {
  /** Authorities that are trusted and the certificates that we show. Made once: it holds some hundred authorities. */
  readonly secureContext: SecureContext
  readonly rejectUnauthorized: boolean
}

/** Whom to trust. */
export interface TlsOptions extends Omit<CertificateOptions, 'env'> {
  /** Default: true. */
  readonly tlsVerify?: boolean | undefined
  /** False for a host that shall not learn who we are, such as the storage that a registry sends to. Default: true. */
  readonly showCertificates?: boolean | undefined
  /** Default: `process.env`. */
  readonly env?: Environment | undefined
}

/**
 * Makes the TLS settings for a host: the authorities of the system and of certs.d, and our own certificates.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for certificates that cannot be used
 */
export async function loadTlsSettings(
  host: string,
  options: TlsOptions = {},
): Promise<TlsSettings> {
  const { tlsVerify = true, showCertificates = true, env = process.env } = options
  const { authorities, pairs } = await readHostCertificates(host, { ...options, env })
  const secureContext = createSecureContext({
    // Nobody asks them when nothing is verified.
    ...(tlsVerify ? { ca: [...systemAuthorities(), ...authorities] } : {}),
    ...(pairs.length === 0 || !showCertificates
      ? {}
      : { cert: pairs.map(({ cert }) => cert), key: pairs.map(({ key }) => key) }),
  })
  return { secureContext, rejectUnauthorized: tlsVerify }
}

let known: readonly string[] | undefined

/**
 * The authorities that the programs of this machine trust, with those of NODE_EXTRA_CA_CERTS; where the system has
 * none, Node's own list. An administrator adds and removes authorities in one place, and Node does not look there.
 */
function systemAuthorities(): readonly string[] {
  if (known === undefined) {
    const system = getCACertificates('system')
    const base = system.length > 0 ? system : getCACertificates('bundled')
    // OpenSSL finds each twice, in the bundle and in the directory.
    known = [...new Set([...base, ...getCACertificates('extra')])]
  }
  return known
}
