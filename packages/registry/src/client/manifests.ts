import { type HttpResponse, headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { tooLarge } from '../http/response-body.ts'
import { assertTagOrDigest, digestOf, isDigest, isVerifiable, verifyDigest } from './digest.ts'
import { mediaTypeOf } from './media-type.ts'
import type { RegistrySession } from './session.ts'

/** A manifest or index as it came. */
export interface RegistryManifest {
  readonly bytes: Uint8Array
  readonly mediaType: string
  /** Of the bytes: sha256, or as it was asked for. */
  readonly digest: string
}

/** What is known of a manifest without its bytes. */
export interface ManifestInfo {
  readonly digest: string
  readonly size: number
  readonly mediaType: string
}

/** How to ask for a manifest. */
export interface ManifestOptions {
  /** Media types that will do. Default: manifests and indexes of OCI and of Docker. */
  readonly accept?: readonly string[] | undefined
  /** In bytes. Default: 4 MiB, which is what registries have to take. */
  readonly maxSize?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Its digest is that of a part. */
const SCHEMA_1_SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

export const MANIFEST_SIZE_MAX = 4 << 20

/**
 * Gets a manifest, its digest verified: the one that was asked for, else the one that the registry names.
 *
 * @throws RegistryError, and the reason of the signal
 */
export function getManifest(
  session: RegistrySession,
  tagOrDigest: string,
  options: ManifestOptions,
): Promise<RegistryManifest> {
  const { maxSize = MANIFEST_SIZE_MAX } = options
  return session.request(manifestRequest('GET', tagOrDigest, options, [200]), async response => {
    const length = Number(headerOf(response, 'content-length'))
    if (length > maxSize) throw tooLarge(maxSize, length)
    const bytes = await response.body.bytes(maxSize)
    const mediaType = mediaTypeOf(headerOf(response, 'content-type'), bytes)
    const expected = expectedDigest(response, tagOrDigest, mediaType)
    if (expected !== undefined) verifyDigest(bytes, expected)
    const digest = isDigest(tagOrDigest) ? tagOrDigest : digestOf(bytes)
    return { bytes, mediaType, digest }
  })
}

/**
 * Asks for a manifest without its bytes.
 *
 * @returns undefined where there is none
 * @throws RegistryError, and the reason of the signal
 */
export async function statManifest(
  session: RegistrySession,
  tagOrDigest: string,
  options: ManifestOptions,
): Promise<ManifestInfo | undefined> {
  const found = await session.request(
    manifestRequest('HEAD', tagOrDigest, options, [200, 404, 405]),
    response => {
      response.body.close()
      return response.status === 404 ? 'missing' : infoOf(response, tagOrDigest)
    },
  )
  if (found === 'missing') return undefined
  if (found !== undefined) return found
  // HEAD tells too little here: the bytes tell all.
  const { bytes, digest, mediaType } = await getManifest(session, tagOrDigest, options)
  return { digest, size: bytes.byteLength, mediaType }
}

function manifestRequest(
  method: 'GET' | 'HEAD',
  tagOrDigest: string,
  { accept = MANIFEST_TYPES, signal }: ManifestOptions,
  expected: readonly number[],
) {
  assertTagOrDigest(tagOrDigest)
  return {
    what: `manifest ${tagOrDigest}`,
    method,
    path: `manifests/${tagOrDigest}`,
    headers: { accept: accept.join(', ') },
    expected,
    isDocument: true,
    signal,
  }
}

function expectedDigest(
  response: HttpResponse,
  tagOrDigest: string,
  mediaType: string,
): string | undefined {
  if (isDigest(tagOrDigest)) return tagOrDigest
  const named = headerOf(response, 'docker-content-digest')
  return named !== undefined && isVerifiable(named) && mediaType !== SCHEMA_1_SIGNED
    ? named
    : undefined
}

function infoOf(response: HttpResponse, tagOrDigest: string): ManifestInfo | undefined {
  const named = headerOf(response, 'docker-content-digest')
  const digest = isDigest(tagOrDigest) ? tagOrDigest : named
  const length = headerOf(response, 'content-length')
  const mediaType = headerOf(response, 'content-type')
  if (response.status !== 200 || digest === undefined || !isVerifiable(digest)) return undefined
  if (length === undefined || mediaType === undefined) return undefined
  if (named !== undefined && named.split(':')[0] === digest.split(':')[0] && named !== digest) {
    throw new FailedTry('ERR_REGISTRY_DIGEST_MISMATCH', `the registry has ${named}`, {
      isRetryable: false,
      facts: { digest, expected: digest, actual: named },
    })
  }
  return { digest, size: Number(length), mediaType: mediaTypeOf(mediaType, undefined) }
}
