import type { RegistrySession } from '../client/session.ts'

/** How long the end of an upload that nobody wants may take, in ms. */
const CANCEL_MS = 5000

/**
 * Tells a registry that nothing more comes of an upload. Never fails: what went wrong before is what counts, and registries
 * forget old uploads by themselves.
 */
export async function cancelUpload(session: RegistrySession, place: URL): Promise<void> {
  try {
    const response = await session.attempt({
      what: 'an upload',
      method: 'DELETE',
      path: place,
      expected: [200, 202, 204, 404, 405],
      actions: 'pull,push',
      // Some registries let nobody end an upload who may not delete.
      scopes: [`repository:${session.repository}:delete`],
      isDocument: true,
      signal: AbortSignal.timeout(CANCEL_MS),
    })
    await response.body.drain()
  } catch {}
}
