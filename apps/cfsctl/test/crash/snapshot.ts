import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What is in a repository: `link TEXT` or `file SIZE` by relative path. Directories may stay empty, so they do not count. */
export type Snapshot = ReadonlyMap<string, string>

/** What is in a repository that nobody changes meanwhile. */
export function takeSnapshot(repository: string): Snapshot {
  const found = new Map<string, string>()
  for (const entry of readdirSync(repository, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    const what = entry.isSymbolicLink()
      ? `link ${readlinkSync(path)}`
      : `file ${lstatSync(path).size}`
    found.set(relative(repository, path), what)
  }
  return found
}

/** What is in `actual` and not in any of `allowed`. */
export function unexpected(actual: Snapshot, ...allowed: readonly Snapshot[]): string[] {
  return [...actual]
    .filter(([path, what]) => !allowed.some(snapshot => snapshot.get(path) === what))
    .map(([path, what]) => `${path}: ${what}`)
}

/** Files that a writer has under a name of its own until they are complete. */
export function temporariesOf(snapshot: Snapshot): string[] {
  return [...snapshot.keys()].filter(path => /(^|\/)\.(symlink|tmp-object)-/.test(path))
}

/** Equal for equal snapshots. */
export function fingerprint(snapshot: Snapshot): string {
  return JSON.stringify([...snapshot].sort(([a], [b]) => (a < b ? -1 : 1)))
}
