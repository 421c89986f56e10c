/** What can go wrong between us and a registry. Codes are API: append, never rename. */
export type RegistryErrorCode =
  /** Text that is no reference to an image in a registry. */
  | 'ERR_REGISTRY_BAD_REFERENCE'
  /** A name without a registry, such as `debian:12`. */
  | 'ERR_REGISTRY_UNQUALIFIED'
  /** registries.conf blocks the registry. */
  | 'ERR_REGISTRY_BLOCKED'
  /** A configuration file, certificate or credential helper that cannot be used. */
  | 'ERR_REGISTRY_BAD_CONFIG'
  /** 401 or 403: no or wrong credentials. */
  | 'ERR_REGISTRY_UNAUTHORIZED'
  /** No such repository, manifest or blob. */
  | 'ERR_REGISTRY_NOT_FOUND'
  /** The certificate is not trusted, or the registry speaks plain HTTP. */
  | 'ERR_REGISTRY_TLS'
  /** Nothing came for the idle time-out, on every try. */
  | 'ERR_REGISTRY_TIMEOUT'
  /** 429 on every try. */
  | 'ERR_REGISTRY_TOO_MANY_REQUESTS'
  /** No connection, resets, 5xx, or bodies that end early, on every try. */
  | 'ERR_REGISTRY_UNAVAILABLE'
  /** An answer the specification does not allow: wrong range, length, media type, or a redirect without a place. */
  | 'ERR_REGISTRY_PROTOCOL'
  /** Other 4xx answers: the registry refuses what was asked, such as an upload. */
  | 'ERR_REGISTRY_REFUSED'
  /** What came has another digest than was asked for. */
  | 'ERR_REGISTRY_DIGEST_MISMATCH'
  /** More bytes than a manifest, token or index may have. */
  | 'ERR_REGISTRY_TOO_LARGE'

/** What a RegistryError knows beside its message. */
export interface RegistryErrorFacts {
  /** Host, and port if it is not the usual one. */
  readonly registry?: string
  readonly repository?: string
  /** The reference as given. */
  readonly reference?: string
  readonly digest?: string
  /** Without query and credentials. */
  readonly url?: string
  readonly method?: string
  /** HTTP status. */
  readonly status?: number
  /** Code of the registry's own error document, such as `MANIFEST_UNKNOWN`. */
  readonly registryCode?: string
  /** Requests that were made. */
  readonly tries?: number
  /** Byte in the blob or file. */
  readonly offset?: number
  readonly path?: string
  readonly expected?: unknown
  readonly actual?: unknown
  readonly choices?: readonly string[]
}

/** The one error this package throws; only reasons of an AbortSignal pass through as they are. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: RegistryErrorCode
  readonly facts: RegistryErrorFacts

  constructor(
    code: RegistryErrorCode,
    message: string,
    facts: RegistryErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

/** True for a RegistryError, whichever copy of this package made it, and of this code if one is given. */
export function isRegistryError(error: unknown, code?: RegistryErrorCode): error is RegistryError {
  return (
    error instanceof Error &&
    error.name === 'RegistryError' &&
    (code === undefined || (error as RegistryError).code === code)
  )
}
