import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { DamageKind } from './damages.ts'

/** Something in a directory that can be damaged. */
export interface DirectoryEntry {
  /** Relative to the directory. */
  readonly path: string
  readonly kind: DamageKind
}

/** Everything below a directory, sorted by path. */
export function entriesBelow(directory: string): readonly DirectoryEntry[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map(entry => ({
      path: relative(directory, join(entry.parentPath, entry.name)),
      kind: entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'symlink' : 'file',
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1)) as readonly DirectoryEntry[]
}
