import { closeSync, fstatSync, lstatSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import { isErrno } from '../errors.ts'
import { openForReading, readPieces } from '../file-bytes.ts'
import type { Repository } from '../repository.ts'
import type { FileDescriptor } from '../system.ts'
import { Verity } from '../verity.ts'

/**
 * Gives an object whose content is right the fs-verity that it lacks, or has of another kind: in place, or, where the
 * kernel does not allow that, by a copy that takes its name.
 *
 * @returns `wrong` when the content is not what the name says; nothing is changed then
 * @throws RepositoryError ERR_REPOSITORY_READ_ONLY, _VERITY_UNSUPPORTED, _VERITY_BUSY; system errors
 */
export function renewVerity(
  repository: Repository,
  id: Digest,
): 'enabled' | 'copied' | 'wrong' | 'gone' {
  const { system, algorithm, hashing, secure, objects } = repository
  repository.assertWritable()
  const path = objects.pathOf(id)
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (status === undefined) return 'gone'
  if (!status.isFile()) return 'wrong'
  const verity = new Verity({ system, algorithm, hashing, required: secure, verify: true })
  const file = openForReading(path)
  try {
    if (!fstatSync(file).isFile() || !verity.compute(file).equals(id)) return 'wrong'
    if (enableInPlace(repository, file, id)) {
      objects.hasUnsynced = true
      return 'enabled'
    }
    copyOver(repository, file)
    return 'copied'
  } finally {
    closeSync(file)
  }
}

function enableInPlace(
  { system, algorithm }: Repository,
  file: FileDescriptor,
  id: Digest,
): boolean {
  try {
    system.enableVerity(file, algorithm)
  } catch (error) {
    // An object of another owner. The directory is ours, so a copy can take its place.
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error
  }
  const measured = system.measureVerity(file, algorithm)
  return measured.state === 'enabled' && Buffer.compare(measured.digest, id.bytes) === 0
}

/** Stores the content again: the store replaces an object that is not as good as a new one. */
function copyOver({ objects }: Repository, file: FileDescriptor): void {
  const writer = objects.create()
  try {
    for (const piece of readPieces(file)) writer.write(piece)
    writer.finish()
  } finally {
    writer.abort()
  }
}
