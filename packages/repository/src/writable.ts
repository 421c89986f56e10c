import { accessSync, constants } from 'node:fs'
import { isErrno, RepositoryError } from './errors.ts'
import type { System } from './system.ts'

/**
 * Checks that files can be made in a directory, before anything is fetched for it.
 *
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY
 */
export function assertDirectoryWritable(system: System, path: string): void {
  if (!system.isReadOnly(path) && hasWriteAccess(path)) return
  throw new RepositoryError('ERR_REPOSITORY_READ_ONLY', `${path} is not writable`, { path })
}

function hasWriteAccess(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EROFS', 'EPERM')) return false
    throw error
  }
}
