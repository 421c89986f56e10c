import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DamageKind } from './damages.ts'

/** Something in a directory that can be damaged. */
export interface DirectoryEntry {
  /** Relative to the directory. */
  readonly path: string
  readonly kind: DamageKind
}

/** Everything below a directory, sorted by path. Symlinks are not followed, as readdirSync itself does in places. */
export function entriesBelow(directory: string): readonly DirectoryEntry[] {
  const found: DirectoryEntry[] = []
  const left = ['']
  for (let parent = left.pop(); parent !== undefined; parent = left.pop()) {
    for (const entry of readdirSync(join(directory, parent), { withFileTypes: true })) {
      const path = join(parent, entry.name)
      if (entry.isDirectory()) left.push(path)
      const other = entry.isSymbolicLink() ? 'symlink' : 'file'
      found.push({ path, kind: entry.isDirectory() ? 'directory' : other })
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}
