import {
  createUnnamed,
  fileSize,
  linkUnnamed,
  renameNoReplace,
  reopenReadOnly,
  syncFileSystem,
} from './files.ts'
import { tryLock, unlock } from './flock.ts'
import { isReadOnly } from './statfs.ts'
import { enableVerity, measureVerity } from './verity.ts'
import { getXattr, listXattrs } from './xattr.ts'

/**
 * What a composefs repository asks of Linux. Calls are synchronous; failures are Node-shaped errors. Nothing is loaded
 * before the first call.
 *
 * @example
 * await using repository = await openRepository('/srv/composefs', { system: linuxSystem })
 */
export const linuxSystem = {
  createUnnamed,
  reopenReadOnly,
  linkUnnamed,
  fileSize,
  renameNoReplace,
  enableVerity,
  measureVerity,
  tryLock,
  unlock,
  syncFileSystem,
  isReadOnly,
  listXattrs,
  getXattr,
} as const
