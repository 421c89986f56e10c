import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { showUtf8 } from '@composefs/bytes'
import {
  type Layout,
  OBJECT_DIRECTORY,
  STRAY_AGE,
  TEMPORARY_LINK,
  TEMPORARY_OBJECT,
} from '../layout.ts'
import type { CheckLog } from './check-log.ts'
import { entriesOf, isDirectory } from './entries.ts'
import { fileTypeOf } from './file-type.ts'

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

/** How many objects there are, by names alone. */
export function countObjects({ objects }: Layout): number {
  let count = 0
  if (!lstatSync(objects, { throwIfNoEntry: false })?.isDirectory()) return count
  for (const entry of entriesOf(objects, 'objects')) {
    const directory = entry.name.toString('latin1')
    if (!OBJECT_DIRECTORY.test(directory) || !entry.isDirectory()) continue
    for (const _ of entriesOf(join(objects, directory), directory)) count += 1
  }
  return count
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
