import { RegistryError } from '../errors.ts'
import {
  formatRegistryReference,
  parseRegistryReference,
  type RegistryReference,
} from '../reference.ts'
import { badConfig } from './config-file.ts'
import type { MirrorEntry, RegistryEntry } from './registries-document.ts'
import { matchPrefix } from './registry-prefix.ts'

/** A place that an image can be had from. */
export interface RegistryEndpoint {
  /** With its port if one is given. `docker.io` stays; the client knows where Docker Hub answers. */
  readonly host: string
  readonly repository: string
  /** Its certificate may be one that nobody vouches for, and plain HTTP will do. */
  readonly insecure: boolean
  readonly isMirror: boolean
}

/**
 * Where an image is to be looked for: the mirrors of the entry with the longest prefix that fits, then its own location.
 *
 * @throws RegistryError ERR_REGISTRY_BLOCKED, ERR_REGISTRY_BAD_CONFIG for a location that gives no name
 */
export function endpointsOf(
  reference: RegistryReference,
  entries: Iterable<RegistryEntry>,
): readonly RegistryEndpoint[] {
  const name = formatRegistryReference(reference)
  let best: { readonly entry: RegistryEntry; readonly length: number } | undefined
  for (const entry of entries) {
    const length = matchPrefix(name, entry.prefix)
    if (length === undefined) continue
    if (best === undefined || entry.prefix.length > best.entry.prefix.length)
      best = { entry, length }
  }
  const { host, repository } = reference
  if (best === undefined) return [{ host, repository, insecure: false, isMirror: false }]
  const { entry, length } = best
  if (entry.blocked) throw blocked(reference, entry)
  const place = (location: string | undefined) =>
    location === undefined
      ? { host, repository }
      : rewritten({ reference, name: location + name.slice(length), path: entry.path })
  return [
    ...entry.mirrors
      .filter(mirror => isAsked(mirror, reference))
      .map(({ location, insecure }) => ({ ...place(location), insecure, isMirror: true })),
    { ...place(entry.location), insecure: entry.insecure, isMirror: false },
  ]
}

function isAsked({ pullFromMirror }: MirrorEntry, { digest }: RegistryReference): boolean {
  if (pullFromMirror === 'all') return true
  return pullFromMirror === (digest === undefined ? 'tag-only' : 'digest-only')
}

/** The place of a name that a location was put in. */
function rewritten(options: {
  readonly reference: RegistryReference
  readonly name: string
  readonly path: string
}): Pick<RegistryReference, 'host' | 'repository'> {
  const { reference, name, path } = options
  let place: RegistryReference
  try {
    place = parseRegistryReference(name)
  } catch (error) {
    throw badConfig(path, `no name to put in place of ${formatRegistryReference(reference)}`, error)
  }
  // Another version than was asked for would be pulled without a word.
  if (isTagged(name) && place.tag !== reference.tag) {
    throw badConfig(
      path,
      `a location has the tag ${place.tag}, asked for is ${formatRegistryReference(reference)}`,
    )
  }
  return { host: place.host, repository: place.repository }
}

function isTagged(name: string): boolean {
  const [tagged = ''] = name.split('@')
  return tagged.includes(':', tagged.indexOf('/'))
}

function blocked(reference: RegistryReference, { prefix, path }: RegistryEntry): RegistryError {
  const { host, repository } = reference
  return new RegistryError(
    'ERR_REGISTRY_BLOCKED',
    `${formatRegistryReference(reference)}: ${path} blocks ${prefix}`,
    { registry: host, repository, path },
  )
}
