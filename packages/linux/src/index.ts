export { describeErrno, type SystemError, systemError } from './errno.ts'
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
export { findHolders, type MountHolder } from './holders.ts'
export { isMountAttribute, type MountAttribute } from './mount-attributes.ts'
export {
  type ComposefsMount,
  type MountedComposefs,
  type MountStep,
  mountComposefs,
} from './mount-composefs.ts'
export {
  type ComposefsOptions,
  parseComposefsOptions,
  parseMountAttributes,
} from './mount-options.ts'
export {
  type ComposefsMountEntry,
  composefsMounts,
  isComposefsMount,
  type MountEntry,
  mountAt,
  mounts,
  parseMountinfo,
} from './mountinfo.ts'
export type { OverlayForm } from './overlay.ts'
export type { PathLike } from './path.ts'
export {
  createSocketPair,
  linuxSocketPairs,
  type ReceivedMessage,
  SeqpacketSocket,
  type SocketPair,
} from './seqpacket.ts'
export { type FileSystemFacts, fileSystemFacts, isReadOnly } from './statfs.ts'
export { linuxSystem } from './system.ts'
export { type BusyError, type UnmountOptions, unmountComposefs } from './umount.ts'
export { isInitialUserNamespace } from './user-namespace.ts'
export { enableVerity, isMarkedVerity, measureVerity, type VerityMeasurement } from './verity.ts'
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.ts'
