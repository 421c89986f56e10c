import { constants, linkSync, openSync, unlinkSync } from 'node:fs'
import { EEXIST, EINVAL, EISDIR, ENOENT, EOPNOTSUPP, errnoOf, systemError } from './errno.ts'
import { attempt, call } from './libc.ts'
import { AT_EMPTY_PATH, type PathLike, terminated, terminatedInPlace } from './path.ts'

export const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_SYMLINK_FOLLOW = 0x400
const RENAME_NOREPLACE = 1
/** __O_TMPFILE; the directory flag that belongs to it differs between processors. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/**
 * Opens an unnamed file for reading and writing in `directory`; undefined where the file system has no such files.
 * The mode is subject to the umask.
 */
export function createUnnamed(directory: string, mode: number): number | undefined {
  try {
    return openSync(directory, O_TMPFILE | constants.O_RDWR, mode)
  } catch (error) {
    // A kernel or file system that does not know the flag sees a directory opened for writing.
    const errno = errnoOf(error)
    if (errno === EOPNOTSUPP || errno === EISDIR) return undefined
    throw error
  }
}

/** Opens the file behind `file` once more, read-only: a description of its own, for files without a name too. */
export function reopenReadOnly(file: number): number {
  return openSync(descriptorPath(file), constants.O_RDONLY)
}

/** Gives an unnamed file its name. A name that exists stays as it is. */
export function linkUnnamed(file: number, path: PathLike): 'linked' | 'exists' {
  const to = typeof path === 'string' ? terminated(path) : terminatedInPlace(path)
  let result = canLinkDescriptors ? linkDescriptor(file, to) : -ENOENT
  if (result === -ENOENT) {
    result = linkThroughProc(file, to)
    // The directory is there, so it was the right to link a descriptor that was missing.
    if (result === 0 || result === -EEXIST) canLinkDescriptors = false
  }
  if (result === -EEXIST) return 'exists'
  if (result < 0) {
    const meaning = result === -ENOENT ? 'no such directory, or no /proc' : undefined
    throw systemError(-result, 'linkat', { path, meaning })
  }
  return 'linked'
}

/**
 * Whether this process may link what it has open as it is: with CAP_DAC_READ_SEARCH, or since Linux 6.10 what it opened
 * itself. Through /proc takes several times as long.
 */
let canLinkDescriptors = true

const EMPTY = new Uint8Array(1)

function linkDescriptor(file: number, to: Uint8Array): number {
  return attempt(c => c.linkat(file, EMPTY, AT_FDCWD, to, AT_EMPTY_PATH))
}

function linkThroughProc(file: number, to: Uint8Array): number {
  const from = terminated(descriptorPath(file))
  return attempt(c => c.linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW))
}

/** `struct statx` of linux/stat.h: where things are in it. */
const STATX = { mode: 28, size: 40, end: 256 } as const
const STATX_TYPE = 1
const STATX_SIZE = 0x200
const S_IFMT = 0o170000
const S_IFREG = 0o100000
const S_IFDIR = 0o040000

const status = new DataView(new ArrayBuffer(STATX.end))
const statusBytes = new Uint8Array(status.buffer)

/** Bytes of the regular file at `path`, or what else is there; a symlink there is not followed. */
export function fileSize(path: Uint8Array): number | 'absent' | 'directory' | 'other' {
  const bytes = terminatedInPlace(path)
  const result = attempt(c =>
    c.statx(AT_FDCWD, bytes, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_SIZE, statusBytes),
  )
  if (result === -ENOENT) return 'absent'
  if (result < 0) throw systemError(-result, 'statx', { path })
  const type = status.getUint16(STATX.mode, true) & S_IFMT
  if (type !== S_IFREG) return type === S_IFDIR ? 'directory' : 'other'
  // Two words: a BigInt is garbage for each.
  const low = status.getUint32(STATX.size, true)
  return status.getUint32(STATX.size + 4, true) * 2 ** 32 + low
}

/** Renames a file unless the new name exists. */
export function renameNoReplace(from: PathLike, to: PathLike): 'renamed' | 'exists' {
  const old = terminated(from)
  const path = terminated(to)
  const result = attempt(c => c.renameat2(AT_FDCWD, old, AT_FDCWD, path, RENAME_NOREPLACE))
  if (result === -EEXIST) return 'exists'
  // NFS and some FUSE servers do not know the flag. A second name is as atomic.
  if (result === -EINVAL) return linkAndUnlink(from, to)
  if (result < 0) throw systemError(-result, 'renameat2', { path: to })
  return 'renamed'
}

/** Writes everything of the file system that holds `file` to the disk. */
export function syncFileSystem(file: number): void {
  call('syncfs', {}, c => c.syncfs(file))
}

/**
 * Makes a device, fifo, socket or empty file. `mode` has the type bits and is subject to the umask; `device` is the
 * kernel's 32-bit number of a device (minor bits 8.. from bit 20, major from bit 8).
 */
export function makeNode(path: PathLike, mode: number, device = 0): void {
  const bytes = terminated(path)
  call('mknodat', { path }, c => c.mknodat(AT_FDCWD, bytes, mode, device))
}

/** The path under which the kernel finds an open file of this process. */
export function descriptorPath(file: number): string {
  return `/proc/self/fd/${file}`
}

function linkAndUnlink(from: PathLike, to: PathLike): 'renamed' | 'exists' {
  const source = nodePath(from)
  try {
    linkSync(source, nodePath(to))
  } catch (error) {
    if (errnoOf(error) === EEXIST) return 'exists'
    throw error
  }
  unlinkSync(source)
  return 'renamed'
}

function nodePath(path: PathLike): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path)
}
