/** Something that is tried again. */
export interface RetryEvent {
  /** What was asked for, such as a blob with its digest. */
  readonly what: string
  readonly reason: string
  /** From 1, of the try that failed. */
  readonly tryNumber: number
  readonly tries: number
  readonly delayMs: number
  /** Bytes of the blob that are here already. */
  readonly offset?: number
}

/** How to speak with a registry. */
export interface RegistryOptions {
  /** Credentials are in this file and no other. Default: the places of podman and Docker. */
  readonly authFile?: string | undefined
  /** For the registry itself, not for its mirrors. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  /**
   * False takes any certificate, and plain HTTP where there is no TLS: a registry on this machine, say. Default: true,
   * unless registries.conf says `insecure`.
   */
  readonly tlsVerify?: boolean | undefined
  /** Certificates are in this directory and no other. Default: certs.d of podman and Docker. */
  readonly certDir?: string | undefined
  /** Tries after the first one; one that brings bytes does not count. Default: 3. */
  readonly retries?: number | undefined
  /** How long nothing may come, in ms; 0 for ever. Default: 60000. */
  readonly idleTimeoutMs?: number | undefined
  /** This registries.conf and no other. */
  readonly registriesConf?: string | undefined
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly userAgent?: string | undefined
  /** Told before a request is made again. */
  onRetry?(event: RetryEvent): void
}
