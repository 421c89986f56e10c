import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLayout, OBJECT_DIRECTORY, REFS } from './layout.ts'

/** How many things a repository holds. */
export interface RepositoryCounts {
  readonly objects: number
  readonly streams: number
  readonly streamRefs: number
  readonly images: number
  readonly imageRefs: number
}

/** Counts by names alone, opening nothing: `path` need not be a repository. What is missing counts as nothing. */
export function countRepository(path: string): RepositoryCounts {
  const layout = createLayout(path)
  return {
    objects: countObjects(layout.objects),
    streams: countEntries(layout.streams),
    streamRefs: countLinks(layout.streamRefs),
    images: countEntries(layout.images),
    imageRefs: countLinks(layout.imageRefs),
  }
}

function countObjects(path: string): number {
  return list(path)
    .filter(entry => entry.isDirectory() && OBJECT_DIRECTORY.test(entry.name))
    .reduce((sum, { name }) => sum + list(join(path, name)).length, 0)
}

function countEntries(path: string): number {
  return list(path).filter(({ name }) => name !== REFS).length
}

function countLinks(path: string): number {
  return list(path).reduce(
    (sum, entry) => sum + (entry.isDirectory() ? countLinks(join(path, entry.name)) : 1),
    0,
  )
}

function list(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
