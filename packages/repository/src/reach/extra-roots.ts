import type { RepositoryNames } from './names.ts'
import type { Root } from './root.ts'

/** The roots that are named by hand: entries of `images/` and `streams/`. Names of nothing are none. */
export function extraRoots(
  { images, streams }: RepositoryNames,
  wanted: readonly string[],
): Root[] {
  const roots: Root[] = []
  for (const name of new Set(wanted)) {
    if (images.get(name) !== undefined) roots.push({ kind: 'image', name, entry: name })
    if (streams.get(name) !== undefined) roots.push({ kind: 'stream', name, entry: name })
  }
  return roots
}
