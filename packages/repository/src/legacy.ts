import { closeSync, opendirSync } from 'node:fs'
import { join } from 'node:path'
import { type Algorithm, Digest } from '@composefs/fsverity'
import { isErrno, RepositoryError } from './errors.ts'
import { openForReading } from './file-bytes.ts'
import type { Layout } from './layout.ts'
import { createMetadata, type RepositoryMetadata } from './metadata.ts'
import { readMetadataFile, type StoredMetadata, stageMetadataFile } from './metadata-file.ts'
import { isRealDirectory } from './real-directories.ts'
import type { System } from './system.ts'
import { assertDirectoryWritable } from './writable.ts'

/** What a repository from before meta.json is: its objects tell. */
export interface LegacyRepository {
  readonly metadata: RepositoryMetadata
  readonly hasVerity: boolean
}

/**
 * Reads what the first object of a repository without meta.json says of it; undefined when it has no `objects`.
 * Its images are all V2.
 *
 * @throws RepositoryError ERR_REPOSITORY_LEGACY_EMPTY when no object has a name that tells the algorithm
 */
export function inspectLegacy(layout: Layout, system: System): LegacyRepository | undefined {
  const found = firstObject(layout)
  if (found === undefined) return undefined
  const file = openForReading(found.path)
  try {
    const measured = system.measureVerity(file, found.algorithm)
    return {
      metadata: createMetadata(found.algorithm, { default: 2, extra: [] }),
      hasVerity: measured.state === 'enabled',
    }
  } finally {
    closeSync(file)
  }
}

/**
 * Gives an old repository its meta.json, with fs-verity when its objects have it, and reads it back.
 *
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY
 */
export function upgradeLegacy(
  layout: Layout,
  system: System,
  legacy: LegacyRepository,
): StoredMetadata {
  assertDirectoryWritable(system, layout.root)
  const { metadata, hasVerity } = legacy
  const staged = stageMetadataFile(layout, system, { metadata, secure: hasVerity })
  try {
    // Another process may do the same at the same moment: then its meta.json is there, and as good.
    staged.link(layout.metadata)
  } finally {
    staged.close()
  }
  return readMetadataFile(layout, system) ?? legacy
}

/** The algorithm of a repository without meta.json; undefined when it has no `objects`. */
export function legacyAlgorithm(layout: Layout): Algorithm | undefined {
  return firstObject(layout)?.algorithm
}

function firstObject(layout: Layout): { path: string; algorithm: Algorithm } | undefined {
  const directories = isRealDirectory(layout, layout.objects)
    ? listDirectory(layout.objects)
    : undefined
  if (directories === undefined) return undefined
  for (const { name, isDirectory } of directories) {
    if (!isDirectory || name.length !== 2) continue
    for (const entry of listDirectory(join(layout.objects, name)) ?? []) {
      const digest = Digest.fromObjectPath(`${name}/${entry.name}`)
      if (!entry.isFile || digest === undefined) continue
      return { path: join(layout.objects, name, entry.name), algorithm: digest.algorithm }
    }
  }
  throw new RepositoryError(
    'ERR_REPOSITORY_LEGACY_EMPTY',
    `${layout.root} has no meta.json and no object that tells its algorithm`,
    { path: layout.root },
  )
}

interface Entry {
  readonly name: string
  readonly isFile: boolean
  readonly isDirectory: boolean
}

/** The entries of a directory, read as they are asked for: the first object is all that is wanted. */
function listDirectory(path: string): Iterable<Entry> | undefined {
  try {
    const directory = opendirSync(path)
    return entriesOf(directory)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

function* entriesOf(directory: ReturnType<typeof opendirSync>): Generator<Entry> {
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      yield { name: entry.name, isFile: entry.isFile(), isDirectory: entry.isDirectory() }
    }
  } finally {
    directory.closeSync()
  }
}
