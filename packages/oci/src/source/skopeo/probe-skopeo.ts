import type { SkopeoOptions } from './skopeo-options.ts'

/**
 * Starts skopeo, asks for the version of its image proxy's protocol, and ends it.
 *
 * @throws OciError ERR_OCI_SKOPEO_MISSING, ERR_OCI_SKOPEO_VERSION, ERR_OCI_SKOPEO_TIMEOUT, ERR_OCI_SKOPEO_ENDED,
 * ERR_OCI_SKOPEO_PROTOCOL
 *
 * @example
 * const { version } = await probeSkopeo({ sockets: linuxSocketPairs }) // 0.2.8
 */
export async function probeSkopeo(
  skopeo: SkopeoOptions,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly version: string }> {
  const { ProxySession } = await import('./proxy-session.ts')
  return ProxySession.probe(skopeo, options.signal)
}
