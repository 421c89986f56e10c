import { isErofsError } from '@composefs/erofs'
import { isRepositoryError } from '@composefs/repository'
import { isSplitstreamError } from '@composefs/splitstream'
import { isOciError } from '../errors.ts'

/** Why something stored cannot be read; an error that is not about what is stored is thrown again. */
export function reasonOfUnreadable(error: unknown): string {
  if (!isUnreadable(error)) throw error
  return error.message
}

/** True for an error about what is stored, or about a file. */
export function isUnreadable(error: unknown): error is Error {
  return (
    isOciError(error) ||
    isRepositoryError(error) ||
    isSplitstreamError(error) ||
    isErofsError(error) ||
    isFileError(error)
  )
}

/** True for a system call that failed because of the file it was about. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return false
  return typeof error.code === 'string'
}
