/** The part of our errors that matters here. */
interface CodedError extends Error {
  readonly code: string
}

/** The classes of errors that parsers of untrusted bytes may throw. */
const OWN_ERRORS: ReadonlySet<string> = new Set([
  'ErofsError',
  'OciError',
  'RegistryError',
  'RepositoryError',
  'SplitstreamError',
  'TreeError',
])

/**
 * What became of a step: `ok` with what it gave, or the code of an error of ours and its message without the data in
 * it. Any other error goes on: it is a finding.
 */
export function attempt<T>(step: () => T): { readonly value?: T; readonly outcome: string } {
  try {
    return { value: step(), outcome: 'ok' }
  } catch (error) {
    return { outcome: describe(error) }
  }
}

/** As {@link attempt}, for a step that takes time. */
export async function attemptAsync<T>(
  step: () => Promise<T>,
): Promise<{ readonly value?: T; readonly outcome: string }> {
  try {
    return { value: await step(), outcome: 'ok' }
  } catch (error) {
    return { outcome: describe(error) }
  }
}

/** Size class of a count: inputs that differ by little take the same way. */
export function magnitude(count: number): number {
  return Math.ceil(Math.log2(count + 1))
}

function describe(error: unknown): string {
  if (!isOwnError(error)) throw error
  return `${error.code} ${template(error.message)}`
}

function isOwnError(error: unknown): error is CodedError {
  return error instanceof Error && OWN_ERRORS.has(error.name) && 'code' in error
}

/** Letters of the message outside quotes, the part that is the same for all data. */
function template(message: string): string {
  return message
    .slice(0, 2000)
    .replace(/[0-9a-f]{16,}/g, '#')
    .replace(/"[^"]*"|[^ a-z-]+/gi, '#')
    .replace(/(?:# ?)+/g, '#')
    .slice(-60)
}
