import { isErofsError } from '@composefs/erofs'
import { isSplitstreamError } from '@composefs/splitstream'
import { type Broken, isErrno, isRepositoryError } from '../errors.ts'

/** Gets each broken thing; what can be told without it goes on. */
export type OnBroken = (broken: Broken) => void

/** True for an error about what is in an object, or why its file cannot be read. */
export function isContentError(error: unknown): error is Error {
  return (
    isRepositoryError(error) ||
    isSplitstreamError(error) ||
    isErofsError(error) ||
    isErrno(error, 'EACCES', 'EIO', 'EUCLEAN', 'ENODATA', 'EBADMSG')
  )
}
