import { constants, copyFileSync, fchmodSync, fstatSync, linkSync } from 'node:fs'
import { isErrno, RepositoryError } from './errors.ts'
import type { FileDescriptor } from './system.ts'

/** What a file system without clones answers, and two file systems. */
const NO_CLONES = ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS', 'EPERM'] as const

/** How the data of one repository may come to be in another. */
export interface SharingOptions {
  /** No copies: where nothing can be cloned files are linked, and where that fails too it is an error. */
  readonly mustShare?: boolean
}

/** How two repositories share data. One that was found impossible is not tried again. */
export class DataSharing {
  readonly mustShare: boolean
  #canClone = true

  constructor(options: SharingOptions = {}) {
    this.mustShare = options.mustShare ?? false
  }

  /** False once it is known that blocks cannot be shared. */
  get canClone(): boolean {
    return this.#canClone
  }

  /**
   * Makes an open, empty file share the blocks of another one (FICLONE); false where that cannot be. Whoever writes to
   * one of them later does not change the other.
   */
  clone(from: FileDescriptor, to: FileDescriptor): boolean {
    if (!this.#canClone) return false
    const { mode } = fstatSync(to)
    try {
      copyFileSync(pathOf(from), pathOf(to), constants.COPYFILE_FICLONE_FORCE)
      return true
    } catch (error) {
      if (!isErrno(error, ...NO_CLONES)) throw error
      this.#canClone = false
      return false
    } finally {
      // The copy takes the mode of the other file, also one that comes to nothing.
      fchmodSync(to, mode & 0o7777)
    }
  }
}

/**
 * Gives a file one more name.
 *
 * @throws RepositoryError ERR_REPOSITORY_CANNOT_SHARE when the file system says no; system errors, EEXIST among them
 */
export function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!isErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP', 'ENOTSUP')) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RepositoryError(
      'ERR_REPOSITORY_CANNOT_SHARE',
      `${from} can be neither cloned nor linked: ${reason}`,
      { path: from },
      { cause: error },
    )
  }
}

function pathOf(file: FileDescriptor): string {
  return `/proc/self/fd/${file}`
}
