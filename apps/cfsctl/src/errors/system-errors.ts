import { describeErrno } from '@composefs/linux'
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

/** The code for the error of a system call; undefined for any other error. */
export function systemCode(error: unknown): CliCode | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errno = 0, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  // A quota that is used up is `Unknown system error -122` to Node.
  const [name] = describeErrno(-errno) ?? [code]
  return CLI_CODES[name] ?? 'io-error'
}
