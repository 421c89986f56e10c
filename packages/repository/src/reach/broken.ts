import { isErofsError } from '@composefs/erofs'
import { isSplitstreamError } from '@composefs/splitstream'
import { isErrno, isRepositoryError } from '../errors.ts'

/** Something that keeps us from telling what a repository needs. */
export interface Broken {
  /** Relative to the repository; bytes that are not UTF-8 are escaped. */
  readonly path: string
  readonly reason: string
  /** Path of a root that needs it. */
  readonly neededBy?: string
  /**
   * How to go on in spite of it: `remove` the link that it is, `skip` what is nobody's, or not at all.
   */
  readonly remedy: 'remove' | 'skip' | 'none'
}

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

/** What an error says, without the path it begins with. */
export function reasonOf({ message }: Error, path: string): string {
  return message.startsWith(path) ? message.slice(path.length).replace(/^:? /, '') : message
}
