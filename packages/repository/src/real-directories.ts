import { lstatSync, mkdirSync, type Stats } from 'node:fs'
import { isErrno, RepositoryError } from './errors.ts'
import type { Layout } from './layout.ts'

/** Mode before the umask, which says whether a group shares the repository. cfsctl does so for objects alone. */
const DIRECTORY_MODE = 0o777

/**
 * True when everything from the repository directory down to `directory` is a directory; false when a part is
 * missing.
 *
 * A symlink to a directory is none: it would lead the names of this repository to another place, to be read, replaced
 * or deleted there. The repository directory itself may be reached through symlinks; the caller chose that path.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_DIRECTORY, _REF_CONFLICT
 */
export function isRealDirectory(layout: Layout, directory: string): boolean {
  for (const path of steps(layout, directory)) {
    const status = statusOf(path)
    if (status === undefined) return false
    if (!status.isDirectory()) throw notADirectory(layout, path)
  }
  return true
}

/**
 * Makes the directories from the repository directory down to `directory` that are missing.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_DIRECTORY, _REF_CONFLICT
 */
export function makeRealDirectories(layout: Layout, directory: string): void {
  for (const path of steps(layout, directory)) {
    try {
      mkdirSync(path, { mode: DIRECTORY_MODE })
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
      if (statusOf(path)?.isDirectory() === false) throw notADirectory(layout, path)
    }
  }
}

/** The directories from below the repository directory down to `directory`. */
function* steps(layout: Layout, directory: string): Generator<string> {
  for (let at = layout.root.length; at !== -1; ) {
    at = directory.indexOf('/', at + 1)
    yield at === -1 ? directory : directory.slice(0, at)
  }
}

function statusOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function notADirectory(layout: Layout, path: string): RepositoryError {
  const isRef = [layout.streamRefs, layout.imageRefs].some(refs => path.startsWith(`${refs}/`))
  if (isRef) {
    const message = `${path} is no directory, so no name can be below it`
    return new RepositoryError('ERR_REPOSITORY_REF_CONFLICT', message, { path })
  }
  const message = `${path} is no directory of the repository`
  return new RepositoryError('ERR_REPOSITORY_BAD_DIRECTORY', message, { path })
}
