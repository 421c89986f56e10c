import { lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { type Algorithm, Digest } from '@composefs/fsverity'
import { isErrno, RepositoryError } from './errors.ts'
import { type Layout, REFS, TEMPORARY_LINK } from './layout.ts'
import { withTemporaryName } from './temporary-name.ts'

const DIRECTORY_MODE = 0o755

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
 *   ERR_REPOSITORY_REF_CONFLICT when a part of the path is no directory
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
  assertDirectories(layout, dirname(path))
  if (readLink(path) === undefined) return false
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
  try {
    assertDirectories(layout, dirname(path))
    symlinkSync(text, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    if (!isErrno(error, 'ENOENT')) throw error
  }
  makeDirectories(layout, dirname(path))
  return createLink(layout, path, text)
}

/** True when everything from the repository directory down to `directory` is a directory, not a symlink to one. */
export function isRealDirectory(layout: Layout, directory: string): boolean {
  for (const path of steps(layout, directory)) {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return false
  }
  return true
}

/**
 * Checks that what is there of the way from the repository directory to `directory` are directories. A symlink in
 * between would lead the names of this repository to another place.
 */
function assertDirectories(layout: Layout, directory: string): void {
  for (const path of steps(layout, directory)) {
    const status = lstatSync(path, { throwIfNoEntry: false })
    if (status === undefined) return
    if (!status.isDirectory()) throw notADirectory(path)
  }
}

function makeDirectories(layout: Layout, directory: string): void {
  for (const path of steps(layout, directory)) {
    try {
      mkdirSync(path, { mode: DIRECTORY_MODE })
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
      if (!lstatSync(path).isDirectory()) throw notADirectory(path)
    }
  }
}

/** The directories from below the repository directory down to `directory`. */
function* steps(layout: Layout, directory: string): Generator<string> {
  let path = layout.root
  for (const part of relative(layout.root, directory).split(sep)) {
    path = join(path, part)
    yield path
  }
}

function notADirectory(path: string): RepositoryError {
  return new RepositoryError(
    'ERR_REPOSITORY_REF_CONFLICT',
    `${path} is no directory, so no name can be below it`,
    { path },
  )
}
