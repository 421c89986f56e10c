import { isOciError } from '@composefs/oci'
import { isRegistryError } from '@composefs/registry'
import { InputError } from './inputs.ts'

type Facts = Readonly<Record<string, unknown>>

/** What to do about an error of a library, in terms of the inputs. */
const HINTS: Readonly<Record<string, (facts: Facts) => readonly string[]>> = {
  ERR_OCI_UNKNOWN_TRANSPORT: () => [
    'an image is named with its transport: docker://HOST/NAME[:TAG], oci:DIRECTORY[:TAG] or oci-archive:FILE[:TAG]',
  ],
  ERR_OCI_UNSUPPORTED_TRANSPORT: ({ reference }) => [
    `copy it to a layout in a step before: skopeo copy ${String(reference)} oci:DIRECTORY:TAG`,
  ],
  ERR_OCI_UNSUPPORTED_TARGET: () => ['seal-to takes docker://, oci: and oci-archive:'],
  ERR_OCI_TARGET_EXISTS: () => [
    'name another file in seal-to, or remove this one in a step before',
  ],
  ERR_OCI_AMBIGUOUS_TAG: ({ choices }) => oneOf('choose one by its tag:', choices),
  ERR_OCI_TAG_NOT_FOUND: ({ choices }) => oneOf('the layout has the tags', choices),
  ERR_OCI_NO_MATCHING_PLATFORM: ({ choices }) => oneOf('the input platform takes one of', choices),
  ERR_OCI_REFERENCE_MISMATCH: () => [
    'name the image by its digest, so that nobody can move it meanwhile',
  ],
  ERR_REGISTRY_UNQUALIFIED: ({ choices }) => oneOf('name the registry:', choices, 'docker://'),
  ERR_REGISTRY_UNAUTHORIZED: ({ registry }) => [
    `set the inputs username and password, or log in to ${String(registry ?? 'the registry')} in a step before`,
    'to push to ghcr.io the job needs the permission packages: write',
    'many registries answer the same for a repository that does not exist',
  ],
  ERR_REGISTRY_TLS: () => [
    'tls-verify: false goes on without a proof, or by plain HTTP: whoever is between can read the credentials',
  ],
  ERR_REGISTRY_TIMEOUT: () => ['the input retries says how often to try again'],
  ERR_REGISTRY_UNAVAILABLE: () => ['the input retries says how often to try again'],
  ERR_REGISTRY_TOO_MANY_REQUESTS: () => [
    'registries allow more to those who log in: set the inputs username and password',
  ],
}

/** What a person can do about an error; nothing when nobody knows. */
export function hintsFor(error: unknown): readonly string[] {
  if (error instanceof InputError) return error.hints
  if (!isOciError(error) && !isRegistryError(error)) return []
  const facts: Facts = { ...error.facts }
  const special = HINTS[error.code]?.(facts)
  if (special !== undefined) return special
  const { expected, actual } = facts
  if (expected === undefined || actual === undefined) return []
  return [`expected ${String(expected)}, found ${String(actual)}`]
}

/** Most names that are listed. */
const NAMES_MAX = 8

function oneOf(what: string, choices: unknown, prefix = ''): readonly string[] {
  if (!Array.isArray(choices) || choices.length === 0) return []
  const names = choices.slice(0, NAMES_MAX).map(name => prefix + String(name))
  return [`${what} ${names.join(', ')}`]
}
