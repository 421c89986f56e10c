import { assertDigest } from '../client/digest.ts'
import { REFERRERS_TYPE, readReferrersTag, referrersTag } from '../client/referrers.ts'
import type { RegistrySession } from '../client/session.ts'

/** A manifest as an index of referrers lists it. */
export interface ReferrerEntry {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/**
 * Adds a manifest to the index that stands for the referrers of another one where a registry has no API for that
 * (distribution specification, "Referrers Tag Schema"). Registries offer no way to keep two who do that at the same time
 * apart: the later one wins.
 *
 * @throws RegistryError, and the reason of the signal
 */
export async function addToReferrersTag(
  session: RegistrySession,
  subject: string,
  entry: ReferrerEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  assertDigest(subject)
  const manifests = (await readReferrersTag(session, subject, signal))?.manifests ?? []
  if (manifests.some(({ digest }) => digest === entry.digest)) return
  // Undefined members are left out.
  const index = { schemaVersion: 2, mediaType: REFERRERS_TYPE, manifests: [...manifests, entry] }
  await session.request(
    {
      what: `referrers of ${subject}`,
      method: 'PUT',
      path: `manifests/${referrersTag(subject)}`,
      headers: { 'content-type': REFERRERS_TYPE },
      body: new TextEncoder().encode(JSON.stringify(index)),
      expected: [200, 201, 202, 204],
      actions: 'pull,push',
      isDocument: true,
      signal,
    },
    response => response.body.drain(),
  )
}
