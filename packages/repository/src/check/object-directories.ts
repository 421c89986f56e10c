import { type Dirent, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { showUtf8 } from '@composefs/bytes'
import { streamDirectory } from '../directory.ts'
import {
  type Layout,
  OBJECT_DIRECTORY,
  OBJECT_DIRECTORY_COUNT,
  STRAY_AGE,
  TEMPORARY_LINK,
  TEMPORARY_OBJECT,
} from '../layout.ts'
import { isFileError } from '../reason.ts'
import type { CheckLog } from './check-log.ts'
import { entriesOf, isDirectory } from './entries.ts'
import { fileTypeOf } from './file-type.ts'
import type { PresentObjects } from './present-objects.ts'

/** Yields the names of the directories of objects, and notes what else is beside them. */
export function* objectDirectories(layout: Layout, log: CheckLog): Generator<string> {
  if (!isDirectory(layout.objects, 'objects', log)) return
  for (const entry of entriesOf(layout.objects, 'objects', log)) {
    const name = showUtf8(entry.name)
    const path = `objects/${name}`
    if (OBJECT_DIRECTORY.test(name)) {
      if (entry.isDirectory()) yield name
      else log.add({ kind: 'unexpected-file-type', path, detail: fileTypeOf(entry) })
    } else if (!name.startsWith(TEMPORARY_OBJECT)) {
      log.warn({ kind: 'unknown-entry', path })
    } else {
      warnOfStray(join(layout.objects, name), path, log)
    }
  }
}

/**
 * Takes down which objects there are, by names alone, and returns how many names there are.
 *
 * @param onEstimate is told about how many when the first directory has been read: digests spread evenly
 */
export function listObjects(
  { objects }: Layout,
  present: PresentObjects,
  onEstimate?: (count: number) => void,
): number {
  let count = 0
  let isFirst = true
  if (!lstatSync(objects, { throwIfNoEntry: false })?.isDirectory()) return count
  for (const entry of namesIn(objects)) {
    if (!OBJECT_DIRECTORY.test(entry.name) || !entry.isDirectory()) continue
    for (const object of namesIn(join(objects, entry.name))) {
      count += 1
      if (object.isFile()) present.addName(entry.name, object.name)
    }
    if (isFirst) onEstimate?.(count * OBJECT_DIRECTORY_COUNT)
    isFirst = false
  }
  return count
}

/** The entries of a directory, unsorted; those of one that cannot be read are missed by whoever looks into it. */
function* namesIn(directory: string): Generator<Dirent> {
  try {
    yield* streamDirectory(directory, 'latin1')
  } catch (error) {
    if (!isFileError(error)) throw error
  }
}

/** Notes the temporary names that killed writers left in the repository directory. */
export function findStrayLinks(layout: Layout, log: CheckLog): void {
  for (const entry of entriesOf(layout.root, '.', log)) {
    const name = showUtf8(entry.name)
    if (name.startsWith(TEMPORARY_LINK)) warnOfStray(join(layout.root, name), name, log)
  }
}

function warnOfStray(file: string, path: string, log: CheckLog): void {
  const status = lstatSync(file, { throwIfNoEntry: false })
  if (status === undefined || Date.now() - status.mtimeMs < STRAY_AGE) return
  log.warn({ kind: 'stray-temporary', path })
}
