import { lstatSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isErrno, RepositoryError } from '../errors.ts'
import { isRealDirectory } from '../real-directories.ts'
import type { Repository } from '../repository.ts'

/** Where what is wrong is kept, for whoever wants to look at it. Nothing is ever removed from there. */
const QUARANTINE = 'quarantine'
/** Nobody but the owner has to read what is there. */
const DIRECTORY_MODE = 0o700
/** Longest file name that still takes a number. */
const NAME_MAX = 240

/**
 * Moves an entry of the repository to `quarantine/`, whatever it is, and returns the new path, relative to the
 * repository as the old one. Undefined where there is nothing of that name.
 *
 * An object keeps its digest as its name; of other entries the slashes become dashes. A name that is taken gets a
 * number. The lock must be exclusive: who has an object open goes on reading it, who looks for it no longer finds it.
 *
 * @param path below `objects/`, `streams/` or `images/`
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY, _BAD_DIRECTORY; system errors
 */
export function putAside(repository: Repository, path: string): string | undefined {
  const { layout, system } = repository
  assertAlone(repository)
  repository.assertWritable()
  const file = join(layout.root, path)
  if (!isRealDirectory(layout, dirname(file))) return undefined
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined
  const quarantine = join(layout.root, QUARANTINE)
  makeQuarantine(quarantine)
  const name = quarantineName(path)
  for (let number = 0; ; number++) {
    const free = number === 0 ? name : `${name}.${number}`
    const isMoved = system.renameNoReplace(file, join(quarantine, free)) === 'renamed'
    if (isMoved) return `${QUARANTINE}/${free}`
  }
}

/** @throws TypeError when others may have the repository open */
export function assertAlone(repository: Repository): void {
  if (repository.lock === 'exclusive') return
  throw new TypeError(`${repository.path} is repaired under the exclusive lock only`)
}

function makeQuarantine(path: string): void {
  try {
    mkdirSync(path, { mode: DIRECTORY_MODE })
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    if (lstatSync(path).isDirectory()) return
    const message = `${path} is no directory, so nothing can be put aside there`
    throw new RepositoryError('ERR_REPOSITORY_BAD_DIRECTORY', message, { path })
  }
}

function quarantineName(path: string): string {
  const object = /^objects\/([0-9a-f]{2})\/([0-9a-f]+)$/.exec(path)
  if (object !== null) return `${object[1]}${object[2]}`
  const name = path.replaceAll('/', '-')
  return Buffer.byteLength(name) > NAME_MAX ? 'entry' : name
}
