import { isRepositoryError } from '../errors.ts'
import { readMetadataFile } from '../metadata-file.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { checkImages } from './check-images.ts'
import { CheckLog } from './check-log.ts'
import { checkObjects } from './check-objects.ts'
import { checkStreams } from './check-streams.ts'
import type { CheckReport } from './finding.ts'
import { findStrayLinks, listObjects } from './object-directories.ts'
import { HELPED_OBJECTS } from './object-slots.ts'
import { PresentObjects } from './present-objects.ts'

/** How to check a repository. */
export interface CheckOptions {
  /** Leave out the objects: what is there is taken for what its name says. */
  readonly metadataOnly?: boolean
  /** Objects that have been checked, of how many. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Checks a repository, with the help of its threads: meta.json, the digests of all objects, streams, images, and their
 * refs. Nothing is written.
 *
 * Whatever is wrong with what is stored is a finding. What is thrown is what keeps the check from going on, such as a
 * directory that cannot be read.
 *
 * @example
 * const { ok, findings } = await checkRepository(repository)
 */
export async function checkRepository(
  repository: Repository,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const { metadataOnly = false, onProgress, signal } = options
  const { layout } = repository
  const present = new PresentObjects(repository.objects)
  const log = new CheckLog(repository.algorithm, { knowsObjects: !metadataOnly })
  signal?.throwIfAborted()
  const metadata = checkMetadata(repository, log)
  findStrayLinks(layout, log)
  const total = listObjects(layout, present, count => {
    // They start while the names are read.
    if (!metadataOnly && count >= HELPED_OBJECTS) repository.slots.startHelpers()
  })
  if (!metadataOnly) {
    onProgress?.(0, total)
    await checkObjects(repository, log, {
      onChecked: done => onProgress?.(done, Math.max(done, total)),
      signal,
    })
  }
  signal?.throwIfAborted()
  await checkStreams(repository, log, { present, signal })
  await checkImages(repository, log, { present, signal })
  return log.report(metadata)
}

function checkMetadata(repository: Repository, log: CheckLog): CheckReport['metadata'] {
  const { layout, system, algorithm } = repository
  const path = 'meta.json'
  try {
    const stored = readMetadataFile(layout, system)
    if (stored === undefined) return 'absent'
    if (!stored.isAsWritten) log.warn({ kind: 'metadata-unusual', path })
    if (stored.metadata.algorithm === algorithm) return 'ok'
    const detail = `it says ${stored.metadata.algorithm.name}, the repository was opened as ${algorithm.name}`
    log.add({ kind: 'metadata-algorithm-mismatch', path, detail })
  } catch (error) {
    if (!isRepositoryError(error) && !isFileError(error)) throw error
    log.add({ kind: 'metadata-parse-failed', path, detail: reasonOf(error) })
  }
  return 'error'
}
