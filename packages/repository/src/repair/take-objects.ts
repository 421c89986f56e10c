import { setImmediate } from 'node:timers/promises'
import type { Digest } from '@composefs/fsverity'
import { DataSharing } from '../data-sharing.ts'
import { isRepositoryError, RepositoryError } from '../errors.ts'
import type { Repository } from '../repository.ts'

/** What another repository had of what is missing. */
export interface TakenObjects {
  readonly objects: number
  readonly bytes: number
  /** Objects that the other repository has, and that are not good there either. */
  readonly bad: readonly Digest[]
}

/**
 * Takes over single objects by their digests from another repository of the same algorithm: those that are missing
 * here and are there. Each is checked on the bytes that are kept; blocks are shared where the file system can do that.
 *
 * @throws RepositoryError ERR_REPOSITORY_CANNOT_SHARE for another algorithm, _READ_ONLY; system errors
 */
export async function takeObjects(
  repository: Repository,
  from: Repository,
  options: { readonly ids: Iterable<Digest>; readonly signal?: AbortSignal | undefined },
): Promise<TakenObjects> {
  if (repository.algorithm !== from.algorithm) {
    throw new RepositoryError(
      'ERR_REPOSITORY_CANNOT_SHARE',
      `${from.path} has ${from.algorithm.name}, ${repository.path} ${repository.algorithm.name}: they have no object in common`,
      { path: from.path, expected: repository.algorithm.name, actual: from.algorithm.name },
    )
  }
  const sharing = new DataSharing()
  const bad: Digest[] = []
  let count = 0
  let bytes = 0
  for (const id of options.ids) {
    options.signal?.throwIfAborted()
    if (repository.objects.has(id) || !from.objects.has(id)) continue
    await setImmediate()
    try {
      bytes += takeObject(repository, from, { id, sharing })
      count += 1
    } catch (error) {
      if (!isBadThere(error)) throw error
      bad.push(id)
    }
  }
  return { objects: count, bytes, bad }
}

/** Returns the size of the object. */
function takeObject(
  repository: Repository,
  from: Repository,
  { id, sharing }: { readonly id: Digest; readonly sharing: DataSharing },
): number {
  // Its digest is checked on the way.
  using object = from.objects.openUnchecked(id)
  for (const _ of repository.objects.receive(id, object, sharing));
  return object.size
}

function isBadThere(error: unknown): boolean {
  return (
    isRepositoryError(error, 'ERR_REPOSITORY_DIGEST_MISMATCH') ||
    isRepositoryError(error, 'ERR_REPOSITORY_OBJECT_NOT_FOUND') ||
    isRepositoryError(error, 'ERR_REPOSITORY_OBJECT_TRUNCATED') ||
    isRepositoryError(error, 'ERR_REPOSITORY_NOT_A_FILE')
  )
}
