import { lstatSync } from 'node:fs'
import { type DirectoryEntry, readDirectory } from '../directory.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { CheckLog } from './check-log.ts'
import { fileTypeOf } from './file-type.ts'

/** False when there is nothing of that name, or something else than a directory, which is noted. */
export function isDirectory(file: string, path: string, log: CheckLog): boolean {
  const status = lstatSync(file, { throwIfNoEntry: false })
  if (status === undefined) return false
  if (status.isDirectory()) return true
  log.add({ kind: 'unexpected-file-type', path, detail: fileTypeOf(status) })
  return false
}

/** The entries of a directory sorted by name; none, and with a log a finding, where it cannot be read. */
export function entriesOf(
  directory: string | Buffer,
  path: string,
  log?: CheckLog,
): Iterable<DirectoryEntry> {
  try {
    return readDirectory(directory)
  } catch (error) {
    if (!isFileError(error)) throw error
    log?.add({ kind: 'stat-failed', path, detail: reasonOf(error) })
    return []
  }
}
