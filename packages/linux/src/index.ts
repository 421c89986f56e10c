export { type SystemError, systemError } from './errno.ts'
export { isLinuxError, LinuxError, type LinuxErrorCode, type LinuxErrorFacts } from './errors.ts'
export {
  createUnnamed,
  linkUnnamed,
  makeNode,
  renameNoReplace,
  reopenReadOnly,
  syncFileSystem,
} from './files.ts'
export { tryLock, unlock } from './flock.ts'
export { createOpensslHashing } from './openssl.ts'
export type { PathLike } from './path.ts'
export { type FileSystemFacts, fileSystemFacts, isReadOnly } from './statfs.ts'
export { linuxSystem } from './system.ts'
export { enableVerity, measureVerity, type VerityMeasurement } from './verity.ts'
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.ts'
