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

/** The last change of an index by each client: two at once would each undo what the other has done. */
const changes = new WeakMap<RegistrySession, Promise<void>>()

/**
 * Adds a manifest to the index that stands for the referrers of another one where a registry has no API for that
 * (distribution specification, "Referrers Tag Schema"). Registries offer no way to keep two clients apart that do so at
 * the same time: the later one wins.
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
  const before = changes.get(session)
  const change = (async () => {
    await before?.catch(() => undefined)
    await addEntry(session, subject, entry, signal)
  })()
  changes.set(session, change)
  await change
}

async function addEntry(
  session: RegistrySession,
  subject: string,
  entry: ReferrerEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
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
