/**
 * How many characters of a name a prefix stands for; undefined where it does not match.
 *
 * A prefix is a host, or a host and the beginning of a path, up to a whole component, tag or digest. `*.example.com`
 * matches every host below example.com, on any port. A host without a port is not the same host with one.
 */
export function matchPrefix(name: string, prefix: string): number | undefined {
  if (!prefix.startsWith('*.')) {
    if (!name.startsWith(prefix)) return undefined
    return isBoundary(name, prefix.length, prefix.includes('/')) ? prefix.length : undefined
  }
  const suffix = prefix.slice(1)
  const hostEnd = hostLength(name)
  const slash = suffix.indexOf('/')
  // The domain has to end where the host does; a path of the prefix follows it.
  const domain = slash < 0 ? suffix : suffix.slice(0, slash)
  const portless = name.slice(0, hostEnd).replace(/:\d+$/, '')
  const host = /:\d+$/.test(domain) ? name.slice(0, hostEnd) : portless
  if (!host.endsWith(domain) || host.length === domain.length) return undefined
  const end = host.length + suffix.length - domain.length
  if (!name.startsWith(suffix, host.length - domain.length)) return undefined
  return isBoundary(name, end, true) ? end : undefined
}

function hostLength(name: string): number {
  const slash = name.indexOf('/')
  return slash < 0 ? name.length : slash
}

/** True where a component ends. Within a path a colon begins the tag; behind a host it begins the port. */
function isBoundary(name: string, at: number, colonEnds: boolean): boolean {
  const next = name[at]
  return next === undefined || next === '/' || next === '@' || (colonEnds && next === ':')
}
