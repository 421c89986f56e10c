import { assertTagOrDigest, digestOf, isDigest, isVerifiable } from '../client/digest.ts'
import type { RegistrySession } from '../client/session.ts'
import { headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { addToReferrersTag } from './referrers-tag.ts'

/** A manifest or index to put into a registry. */
export interface NewManifest {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/** What a registry without referrers API has to be told of a manifest, and how long it may take. */
export interface PutManifestOptions {
  /** Digest of the manifest that this one says something about. */
  readonly subject?: string | undefined
  /** Of a manifest with a subject: what kind of thing it is. */
  readonly artifactType?: string | undefined
  /** Of a manifest with a subject. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
}

/** How registries say that they have taken a manifest. */
const TAKEN = [200, 201, 202, 204]

/**
 * Puts a manifest into a repository, under a tag or its own digest.
 *
 * Where it has a subject and the registry has no referrers API, it is added to the index that stands for that (distribution
 * specification, "Pushing Manifests with Subject").
 *
 * @returns the digest of the bytes
 * @throws RegistryError ERR_REGISTRY_DIGEST_MISMATCH when the registry has stored something else, and the other codes; the
 * reason of the signal
 */
export async function putManifest(
  session: RegistrySession,
  tagOrDigest: string,
  manifest: NewManifest,
  options: PutManifestOptions,
): Promise<string> {
  assertTagOrDigest(tagOrDigest)
  const { bytes, mediaType } = manifest
  const { subject, signal } = options
  const digest = digestOf(bytes, isDigest(tagOrDigest) ? tagOrDigest : undefined)
  if (isDigest(tagOrDigest) && tagOrDigest !== digest) {
    throw new TypeError(`the manifest has the digest ${digest}, not ${tagOrDigest}`)
  }
  const knowsSubject = await session.request(
    {
      what: `manifest ${tagOrDigest}`,
      method: 'PUT',
      path: `manifests/${tagOrDigest}`,
      headers: { 'content-type': mediaType },
      body: bytes,
      expected: TAKEN,
      actions: 'pull,push',
      isDocument: true,
      signal,
    },
    async response => {
      await response.body.drain()
      const stored = headerOf(response, 'docker-content-digest')
      if (stored !== undefined && isVerifiable(stored)) assertStored(bytes, stored)
      return headerOf(response, 'oci-subject') !== undefined
    },
  )
  if (subject !== undefined && !knowsSubject) {
    const { artifactType, annotations } = options
    const size = bytes.byteLength
    const entry = { mediaType, digest, size, artifactType, annotations }
    await addToReferrersTag(session, subject, entry, signal)
  }
  return digest
}

function assertStored(bytes: Uint8Array, stored: string): void {
  const digest = digestOf(bytes, stored)
  if (digest === stored) return
  throw new FailedTry('ERR_REGISTRY_DIGEST_MISMATCH', `the registry has stored ${stored}`, {
    isRetryable: false,
    facts: { digest, expected: digest, actual: stored },
  })
}
