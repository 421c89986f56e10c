import { repositoryScope } from '../auth/scopes.ts'
import type { BlobName } from '../client/blob-download.ts'
import { hasBlob } from '../client/blobs.ts'
import { assertDigest } from '../client/digest.ts'
import type { RegistrySession } from '../client/session.ts'
import { isRegistryError, type RegistryErrorCode } from '../errors.ts'
import { cancelUpload } from './cancel-upload.ts'
import { uploadPlace } from './upload-place.ts'

/** How a repository came to have a blob without its bytes. */
export type Adoption = 'present' | 'mounted'

/** Repositories that are asked for a blob; each costs a request, and often a token. */
const SOURCES_MAX = 4

/** How registries say that they mount nothing from there, or nothing at all. */
const REFUSALS: ReadonlySet<RegistryErrorCode> = new Set([
  'ERR_REGISTRY_UNAUTHORIZED',
  'ERR_REGISTRY_NOT_FOUND',
  'ERR_REGISTRY_REFUSED',
])

/**
 * Makes a repository have a blob without its bytes: it is there, or in another repository of the same registry.
 *
 * @param from repositories to mount the blob from; the first few are tried
 * @returns undefined where the bytes are needed
 * @throws RegistryError, and the reason of the signal
 */
export async function adoptBlob(
  session: RegistrySession,
  { digest }: BlobName,
  { from, signal }: { readonly from: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<Adoption | undefined> {
  assertDigest(digest)
  if (await hasBlob(session, digest, signal)) return 'present'
  const others = from.filter(repository => repository !== session.repository)
  for (const repository of others.slice(0, SOURCES_MAX)) {
    if (await mount(session, { digest, repository }, signal)) return 'mounted'
  }
  return undefined
}

async function mount(
  session: RegistrySession,
  { digest, repository }: { readonly digest: string; readonly repository: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from: repository })
  try {
    const unwanted = await session.request(
      {
        what: `blob ${digest}`,
        method: 'POST',
        path: `blobs/uploads/?${query}`,
        expected: [201, 202],
        actions: 'pull,push',
        scopes: [repositoryScope(repository, 'pull')],
        isDocument: true,
        signal,
      },
      async response => {
        await response.body.drain()
        // An upload of the blob is what it offers instead.
        return response.status === 201 ? undefined : uploadPlace(response)
      },
    )
    if (unwanted === undefined) return true
    await cancelUpload(session, unwanted)
    return false
  } catch (error) {
    if (isRegistryError(error) && REFUSALS.has(error.code)) return false
    throw error
  }
}
