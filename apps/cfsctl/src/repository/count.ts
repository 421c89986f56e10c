import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** How many things a repository holds. */
export interface RepositoryCounts {
  readonly objects: number
  readonly streams: number
  readonly streamRefs: number
  readonly images: number
  readonly imageRefs: number
}

const REFS = 'refs'
const OBJECT_DIRECTORY = /^[0-9a-f]{2}$/

/** Counts by names alone, opening nothing. What is missing counts as nothing. */
export function countRepository(path: string): RepositoryCounts {
  return {
    objects: countObjects(join(path, 'objects')),
    streams: countEntries(join(path, 'streams')),
    streamRefs: countLinks(join(path, 'streams', REFS)),
    images: countEntries(join(path, 'images')),
    imageRefs: countLinks(join(path, 'images', REFS)),
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
