import type { CliCode } from './cli-error.ts'

/** Errors of system calls that have a code of their own; all others are `io-error`. */
const CLI_CODES: Readonly<Record<string, CliCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EPERM: 'not-permitted',
  EACCES: 'not-permitted',
  EROFS: 'read-only-repository',
  EBUSY: 'busy',
  ETIMEDOUT: 'timeout',
}

/** What people call them. */
export const SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EDQUOT: 'disk quota exceeded',
  EEXIST: 'file exists',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links, or a link where none may be',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files in the system',
  ENODEV: 'no such device',
  ENOENT: 'no such file or directory',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left on device',
  ENOSYS: 'function not implemented',
  ENOTBLK: 'block device required',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  EOPNOTSUPP: 'operation not supported',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ESTALE: 'stale file handle',
  ETXTBSY: 'text file busy',
  EXDEV: 'invalid cross-device link',
}

/** The code for the error of a system call; undefined for any other error. */
export function systemCode(error: unknown): CliCode | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  return CLI_CODES[code] ?? 'io-error'
}
