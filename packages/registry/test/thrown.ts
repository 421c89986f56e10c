import { RegistryError } from '../src/errors.ts'

/** The RegistryError that a promise fails with. */
export async function thrownBy(promise: Promise<unknown>): Promise<RegistryError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof RegistryError) return error
  throw new Error(`no RegistryError: ${String(error)}`, { cause: error })
}

/** Everything that an error says, to whoever looks into it. */
export function everythingOf(error: unknown): string {
  const parts: string[] = []
  for (
    let at: unknown = error, depth = 0;
    at instanceof Error && depth < 8;
    at = at.cause, depth++
  ) {
    parts.push(at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify({ ...at }))
  }
  return parts.join('\n')
}
