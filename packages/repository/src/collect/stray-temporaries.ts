import { lstatSync } from 'node:fs'
import { readDirectory } from '../directory.ts'
import { type Layout, STRAY_AGE, TEMPORARY_LINK, TEMPORARY_OBJECT } from '../layout.ts'

/**
 * Yields the paths of temporary links and files that writers left when they were killed. What has such a name and is
 * of another kind is somebody else's.
 */
export function* strayTemporaries(layout: Layout, now: number): Generator<string> {
  const places = [
    { directory: layout.root, prefix: TEMPORARY_LINK, isKind: 'isSymbolicLink' },
    { directory: layout.objects, prefix: TEMPORARY_OBJECT, isKind: 'isFile' },
  ] as const
  for (const { directory, prefix, isKind } of places) {
    for (const entry of readDirectory(directory)) {
      // Latin-1 keeps every byte, but only our own names, which are ASCII, are found again by it.
      const name = entry.name.toString('latin1')
      if (!name.startsWith(prefix) || !entry[isKind]()) continue
      const path = `${directory}/${name}`
      const status = lstatSync(path, { throwIfNoEntry: false })
      if (status !== undefined && now - status.mtimeMs > STRAY_AGE) yield path
    }
  }
}
