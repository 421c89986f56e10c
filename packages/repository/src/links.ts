import { readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Algorithm, Digest } from '@composefs/fsverity'
import { isErrno, RepositoryError } from './errors.ts'
import { type Layout, REFS, TEMPORARY_LINK } from './layout.ts'
import { isRealDirectory, makeRealDirectories } from './real-directories.ts'
import { withTemporaryName } from './temporary-name.ts'

/** The text of a symlink; undefined when nothing has that name. */
export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    if (isErrno(error, 'EINVAL')) throw badLink(path, 'is no symlink')
    throw error
  }
}

/**
 * Makes the symlink `path` with that text, in the place of another one if there is one: at every moment the name
 * stands for the old text or for the new one. Missing directories inside of the repository are made.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_LINK when something other than a symlink has the name,
 *   _BAD_DIRECTORY or _REF_CONFLICT when a part of the path is no directory
 */
export function setLink(layout: Layout, path: string, text: string): void {
  if (createLink(layout, path, text)) return
  if (readLink(path) === text) return
  const place = { directory: layout.root, prefix: TEMPORARY_LINK }
  const temporary = withTemporaryName(place, name => symlinkSync(text, name)).path
  try {
    renameSync(temporary, path)
  } catch (error) {
    unlinkSync(temporary)
    throw error
  }
}

/** Removes a symlink; false when nothing has that name. */
export function removeLink(layout: Layout, path: string): boolean {
  if (!isRealDirectory(layout, dirname(path)) || readLink(path) === undefined) return false
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}

/**
 * The object that the text of a link names by its last two parts; what stands before is not looked at.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_LINK
 */
export function objectOfLink(text: string, algorithm: Algorithm, path: string): Digest {
  const length = 2 * algorithm.digestSize + 1
  const digest = text.startsWith('../')
    ? Digest.fromObjectPath(text.slice(-length), algorithm)
    : undefined
  if (digest === undefined) throw badLink(path, `points to ${JSON.stringify(text)}, no object`)
  return digest
}

/**
 * The entry of `streams/` or `images/` that the text of a ref names: its last part.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_LINK
 */
export function targetOfRef(text: string, path: string): string {
  const target = text.slice(text.lastIndexOf('/') + 1)
  if (!text.startsWith('../') || target === '' || target === '..' || target === REFS) {
    throw badLink(path, `points to ${JSON.stringify(text)}, no ref's target`)
  }
  return target
}

/** The error for a link that is none, or that leads nowhere. */
export function badLink(path: string, reason: string): RepositoryError {
  return new RepositoryError('ERR_REPOSITORY_BAD_LINK', `${path} ${reason}`, { path })
}

/** True when the link has been made, false when the name is taken. */
function createLink(layout: Layout, path: string, text: string): boolean {
  const directory = dirname(path)
  if (!isRealDirectory(layout, directory)) makeRealDirectories(layout, directory)
  try {
    symlinkSync(text, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}
