import type { AuthEntry, AuthFile } from './auth-file.ts'

/** Docker Hub in Docker's own files, and to its helpers. */
const DOCKER_HUB_URL = 'https://index.docker.io/v1/'

/**
 * Finds the entry for a repository: the longest beginning of `HOST/PATH` that has one, by whole components; else an
 * entry for the host in one of the spellings that Docker once wrote, such as `https://HOST/v1/`.
 */
export function findEntry(
  file: AuthFile,
  host: string,
  repository: string,
): { readonly key: string; readonly entry: AuthEntry } | undefined {
  const keys = file.isLegacy ? [host] : pathKeys(`${host}/${repository}`)
  for (const key of keys) {
    const entry = file.entries.get(key)
    if (entry !== undefined) return { key, entry }
  }
  const wanted = canonicalHost(host)
  for (const [key, entry] of file.entries) {
    if (canonicalHost(hostOfKey(key, file.isLegacy)) === wanted) return { key, entry }
  }
  return undefined
}

/** The helper that keeps the credentials for a host, and what it calls the host. */
export function findHelper(
  file: AuthFile,
  host: string,
): { readonly name: string; readonly server: string } | undefined {
  for (const server of host === 'docker.io' ? [host, 'index.docker.io', DOCKER_HUB_URL] : [host]) {
    const name = file.helpers.get(server)
    if (name !== undefined) return { name, server }
  }
  if (file.store === undefined) return undefined
  return { name: file.store, server: host === 'docker.io' ? DOCKER_HUB_URL : host }
}

/** `a/b/c`, `a/b`, `a`. */
function pathKeys(name: string): string[] {
  const parts = name.split('/')
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'))
}

/** Only URLs, and keys of the legacy file, have a path that says nothing. */
function hostOfKey(key: string, isLegacy: boolean): string {
  const stripped = key.replace(/^https?:\/\//, '')
  return isLegacy || stripped !== key ? (stripped.split('/')[0] ?? '') : stripped
}

function canonicalHost(host: string): string {
  const lower = host.toLowerCase()
  return lower === 'index.docker.io' || lower === 'registry-1.docker.io' ? 'docker.io' : lower
}
