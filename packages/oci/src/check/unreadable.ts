import { isErofsError } from '@composefs/erofs'
import { isRepositoryError } from '@composefs/repository'
import { isSplitstreamError } from '@composefs/splitstream'
import { isOciError } from '../errors.ts'

/** Why something stored cannot be read; an error that is not about what is stored is thrown again. */
export function reasonOfUnreadable(error: unknown): string {
  const isKnown =
    isOciError(error) ||
    isRepositoryError(error) ||
    isSplitstreamError(error) ||
    isErofsError(error) ||
    isFileError(error)
  if (!isKnown) throw error
  return error.message
}

/** True for a system call that failed because of the file it was about. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return false
  return typeof error.code === 'string'
}
