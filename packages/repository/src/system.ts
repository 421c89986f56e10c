import type { Algorithm } from '@composefs/fsverity'

/** An open file of the operating system. */
export type FileDescriptor = number

/** What the kernel says of a file's fs-verity: its digest, that it has none, or that the file system cannot. */
export type VerityMeasurement =
  | { readonly state: 'enabled'; readonly digest: Uint8Array }
  | { readonly state: 'disabled' }
  | { readonly state: 'unsupported' }
  /** The file has a digest of another algorithm. */
  | { readonly state: 'other-algorithm' }

/**
 * What the repository asks of the kernel beyond `node:fs`. The Linux implementation is `@composefs/linux`; tests
 * wrap it to make the n-th call fail.
 *
 * All calls are synchronous. Failures other than the named outcomes throw Node-shaped errors (`code`, `errno`,
 * `syscall`, `path`).
 */
export interface System {
  /** Opens an unnamed writable file in `directory` (O_TMPFILE); undefined where the file system has none. */
  createUnnamed(directory: string, mode: number): FileDescriptor | undefined
  /** Opens the file behind `file` once more, read-only (through /proc/self/fd). */
  reopenReadOnly(file: FileDescriptor): FileDescriptor
  /** Gives an unnamed file its name (linkat); an existing name stays as it is. `path` is not kept. */
  linkUnnamed(file: FileDescriptor, path: string | Uint8Array): 'linked' | 'exists'
  /** Bytes of the regular file at `path`, or what else is there, a symlink not followed (statx). `path` is not kept. */
  fileSize(path: Uint8Array): number | 'absent' | 'directory' | 'other'
  /** Renames unless the new name exists (RENAME_NOREPLACE). */
  renameNoReplace(from: string, to: string): 'renamed' | 'exists'
  /**
   * FS_IOC_ENABLE_VERITY with 4096-byte blocks on a read-only descriptor. `busy`: open for writing somewhere. `unfit`:
   * the file system has fs-verity, but not with this hash and such blocks.
   */
  enableVerity(
    file: FileDescriptor,
    algorithm: Algorithm,
  ): 'enabled' | 'already' | 'busy' | 'unsupported' | 'unfit'
  /** FS_IOC_MEASURE_VERITY. */
  measureVerity(file: FileDescriptor, algorithm: Algorithm): VerityMeasurement
  /** One try of flock without waiting; false when another process holds it. */
  tryLock(file: FileDescriptor, mode: 'shared' | 'exclusive'): boolean
  /** Gives the flock of an open file back. */
  unlock(file: FileDescriptor): void
  /** Writes everything of the file system that holds `file` to the disk (syncfs). */
  syncFileSystem(file: FileDescriptor): void
  /** True when the file system of `path` is mounted read-only (statvfs). */
  isReadOnly(path: string): boolean
  /** Names of the xattrs of `path` itself, symlinks not followed; none where the file system has no xattrs. */
  listXattrs(path: Uint8Array): Uint8Array[]
  /** Value of one xattr of `path` itself; undefined when it is gone. */
  getXattr(path: Uint8Array, name: Uint8Array): Uint8Array | undefined
}
