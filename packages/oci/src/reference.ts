import { OciError } from './errors.ts'

/** Sources this package reads itself. */
export type SourceTransport = 'oci' | 'oci-archive'

/** An image reference taken apart. */
export interface ImageReference {
  readonly transport: SourceTransport
  /** Of the layout directory or of the archive. */
  readonly path: string
  /** Which image of the layout; undefined for the only one. */
  readonly tag: string | undefined
}

/** Transports of containers/image that are known, but need a registry client or a daemon. */
const OTHER_TRANSPORTS = [
  'docker',
  'docker-archive',
  'docker-daemon',
  'dir',
  'containers-storage',
  'ostree',
  'sif',
  'tarball',
] as const

/**
 * Reads `oci:PATH[:TAG]` and `oci-archive:PATH[:TAG]`.
 *
 * Paths and tags may both hold colons and slashes. The longest beginning that ends at a colon or at the end and that
 * exists is the path; where nothing exists the text is cut at the last colon that no slash follows.
 *
 * @throws OciError ERR_OCI_UNSUPPORTED_TRANSPORT for one that this package does not speak, ERR_OCI_UNKNOWN_TRANSPORT
 * for text without a transport, ERR_OCI_BAD_REFERENCE for an empty path or tag
 *
 * @example
 * parseImageReference('oci:/srv/layout:docker.io/library/app:1.0', existsSync)
 * // { transport: 'oci', path: '/srv/layout', tag: 'docker.io/library/app:1.0' }
 */
export function parseImageReference(
  text: string,
  exists: (path: string) => boolean,
): ImageReference {
  const colon = text.indexOf(':')
  const transport = colon < 0 ? '' : text.slice(0, colon)
  if (transport === 'oci' || transport === 'oci-archive') {
    return splitPath(text, { transport, rest: text.slice(colon + 1), exists })
  }
  if (OTHER_TRANSPORTS.some(name => name === transport)) {
    throw new OciError(
      'ERR_OCI_UNSUPPORTED_TRANSPORT',
      `${text}: the transport ${transport}: is not in this release`,
      { reference: text, actual: transport, choices: ['oci:', 'oci-archive:'] },
    )
  }
  throw new OciError('ERR_OCI_UNKNOWN_TRANSPORT', `${text}: no known transport`, {
    reference: text,
    choices: ['oci:', 'oci-archive:', ...OTHER_TRANSPORTS.map(name => `${name}:`)],
  })
}

/** True for text that could be the name of an image in a registry, such as `quay.io/a/b:c`: `docker://` is missing. */
export function looksLikeImageName(text: string): boolean {
  return /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(
    text,
  )
}

function splitPath(
  text: string,
  parts: { transport: SourceTransport; rest: string; exists: (path: string) => boolean },
): ImageReference {
  const { transport, rest, exists } = parts
  const cut = longestExisting(rest, exists) ?? lastColon(rest)
  const path = rest.slice(0, cut)
  const tag = cut === rest.length ? undefined : rest.slice(cut + 1)
  if (path === '' || path.includes('\0') || tag === '') {
    throw new OciError(
      'ERR_OCI_BAD_REFERENCE',
      `${text}: ${tag === '' ? 'an empty tag' : 'no path'} (${transport}:PATH[:TAG])`,
      { reference: text },
    )
  }
  return { transport, path, tag }
}

/** Where the longest beginning ends that exists; undefined when none does. */
function longestExisting(rest: string, exists: (path: string) => boolean): number | undefined {
  for (let cut = rest.length; cut > 0; cut = rest.lastIndexOf(':', cut - 1)) {
    if (exists(rest.slice(0, cut))) return cut
  }
  return undefined
}

function lastColon(rest: string): number {
  const colon = rest.lastIndexOf(':')
  return colon < 0 || rest.includes('/', colon) ? rest.length : colon
}
