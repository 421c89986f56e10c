import { OciError } from './errors.ts'

/** A layout or an archive, read from the disk. */
export interface FileReference {
  readonly transport: 'oci' | 'oci-archive' | 'docker-archive'
  /** Of the layout directory or of the archive. */
  readonly path: string
  /** Which image of it; undefined for the only one. Of a Docker archive: `NAME:TAG`, or `@N` for the N-th. */
  readonly tag: string | undefined
}

/** An image in a registry. */
export interface RegistryImageReference {
  readonly transport: 'docker'
  /** What follows `docker://`: `HOST/NAME[:TAG][@DIGEST]`. */
  readonly name: string
}

/** An image behind a transport that only skopeo speaks. */
export interface SkopeoReference {
  readonly transport: SkopeoTransport
  /** What follows the colon. */
  readonly name: string
}

/** An image reference taken apart. */
export type ImageReference = FileReference | RegistryImageReference | SkopeoReference

const FILE_TRANSPORTS = ['oci', 'oci-archive', 'docker-archive'] as const

/** Transports of containers/image that are read through skopeo. */
const SKOPEO_TRANSPORTS = [
  'docker-daemon',
  'dir',
  'containers-storage',
  'sif',
  'tarball',
  'ostree',
] as const

/** What stands before the colon of a reference that skopeo reads for us. */
export type SkopeoTransport = (typeof SKOPEO_TRANSPORTS)[number]

/**
 * Reads `docker://NAME`, `oci:PATH[:TAG]`, `oci-archive:PATH[:TAG]`, `docker-archive:PATH[:TAG]` and what skopeo reads.
 *
 * Paths and tags may both hold colons and slashes. The longest beginning that ends at a colon or at the end and that
 * exists is the path; where nothing exists the text is cut at the last colon that no slash follows.
 *
 * @throws OciError ERR_OCI_UNKNOWN_TRANSPORT for text without a transport, ERR_OCI_BAD_REFERENCE for an empty path, name
 * or tag
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
  const word = colon < 0 ? '' : text.slice(0, colon)
  const rest = text.slice(colon + 1)
  const fileTransport = FILE_TRANSPORTS.find(name => name === word)
  if (fileTransport !== undefined)
    return splitPath(text, { transport: fileTransport, rest, exists })
  if (word === 'docker') return registryReference(text, rest)
  const transport = SKOPEO_TRANSPORTS.find(name => name === word)
  if (transport === undefined) {
    throw new OciError('ERR_OCI_UNKNOWN_TRANSPORT', `${text}: no known transport`, {
      reference: text,
      choices: ['docker://', ...[...FILE_TRANSPORTS, ...SKOPEO_TRANSPORTS].map(name => `${name}:`)],
    })
  }
  if (rest === '') throw emptyName(text)
  return { transport, name: rest }
}

function registryReference(text: string, rest: string): RegistryImageReference {
  if (!rest.startsWith('//')) {
    throw new OciError(
      'ERR_OCI_BAD_REFERENCE',
      `${text}: no // after docker: (docker://NAME[:TAG])`,
      {
        reference: text,
      },
    )
  }
  const name = rest.slice(2)
  if (name === '') throw emptyName(text)
  return { transport: 'docker', name }
}

function emptyName(text: string): OciError {
  return new OciError('ERR_OCI_BAD_REFERENCE', `${text}: no name`, { reference: text })
}

/** True for text that could be the name of an image in a registry, such as `quay.io/a/b:c`: `docker://` is missing. */
export function looksLikeImageName(text: string): boolean {
  return /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(
    text,
  )
}

function splitPath(
  text: string,
  parts: { transport: FileReference['transport']; rest: string; exists: (path: string) => boolean },
): FileReference {
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
