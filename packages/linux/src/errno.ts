import { getSystemErrorMap } from 'node:util'
import { type PathLike, showPath } from './path.ts'

export const EPERM = 1
export const ENOENT = 2
export const EINTR = 4
export const EBADF = 9
export const EAGAIN = 11
export const EACCES = 13
export const ENOTBLK = 15
export const EBUSY = 16
export const EEXIST = 17
export const ENODEV = 19
export const EISDIR = 21
export const EINVAL = 22
export const ENOTTY = 25
export const ETXTBSY = 26
export const ERANGE = 34
export const ENOSYS = 38
export const ENODATA = 61
export const ENOPKG = 65
export const EOVERFLOW = 75
export const EMSGSIZE = 90
export const EOPNOTSUPP = 95
export const ECONNRESET = 104

/** Errors that libuv, and so Node, has no name for. The numbers are those of x64 and arm64. */
const UNNAMED: ReadonlyMap<number, readonly [code: string, message: string]> = new Map([
  [ENOTBLK, ['ENOTBLK', 'block device required']],
  [ENODATA, ['ENODATA', 'no data available']],
  [EOVERFLOW, ['EOVERFLOW', 'value too large for defined data type']],
  [ENOPKG, ['ENOPKG', 'package not installed']],
  [74, ['EBADMSG', 'bad message']],
  [116, ['ESTALE', 'stale file handle']],
  [117, ['EUCLEAN', 'structure needs cleaning']],
  [122, ['EDQUOT', 'disk quota exceeded']],
  [129, ['EKEYREJECTED', 'key was rejected by service']],
])

/** A failed system call in the shape of Node's own errors. */
export interface SystemError extends NodeJS.ErrnoException {
  /** Name of the error, as Node would give it (EOPNOTSUPP is `ENOTSUP`). */
  readonly code: string
  /** The errno, negative as in Node. */
  readonly errno: number
  readonly syscall: string
  readonly path?: string
  /** What the kernel said about it, in order: mount calls only. */
  readonly kernelMessages?: readonly string[]
}

/** What belongs to a failed call besides its name and errno. */
export interface SystemErrorDetails {
  readonly path?: PathLike | undefined
  /** A sentence of ours that says what the errno means here. */
  readonly meaning?: string | undefined
  readonly kernelMessages?: readonly string[] | undefined
}

/**
 * The error of a system call that failed with `errno` (positive, as the kernel has it).
 *
 * @example
 * systemError(17, 'linkat', { path: '/a' }).message // "EEXIST: file already exists, linkat '/a'"
 */
export function systemError(
  errno: number,
  syscall: string,
  details: SystemErrorDetails = {},
): SystemError {
  const [code, text] = describeErrno(errno) ?? [`E${errno}`, `error ${errno}`]
  const { meaning, kernelMessages = [] } = details
  const path = details.path === undefined ? undefined : showPath(details.path)
  const where = path === undefined ? syscall : `${syscall} '${path}'`
  const why = [meaning, ...kernelMessages].filter(line => line !== undefined)
  const message = [`${code}: ${text}, ${where}`, ...why].join('; ')
  return Object.assign(new Error(message), {
    code,
    errno: -errno,
    syscall,
    ...(path === undefined ? {} : { path }),
    ...(kernelMessages.length === 0 ? {} : { kernelMessages }),
  })
}

/** The name of an errno and what it says, also of those that Node calls unknown; undefined for a number that is none. */
export function describeErrno(errno: number): readonly [code: string, message: string] | undefined {
  return getSystemErrorMap().get(-errno) ?? UNNAMED.get(errno)
}

/** The positive errno of a failed system call, ours or Node's; 0 for everything else. */
export function errnoOf(error: unknown): number {
  if (!(error instanceof Error) || !('errno' in error)) return 0
  return typeof error.errno === 'number' && error.errno < 0 ? -error.errno : 0
}
