import type { Digest } from '@composefs/fsverity'
import { isRepositoryError, type Repository } from '@composefs/repository'

/** The object of a stream by its link; undefined for a name that leads to none, whatever has it. */
export function linkedStream(repository: Repository, id: string): Digest | undefined {
  try {
    return repository.streams.lookup(id)
  } catch (error) {
    const isBad =
      isRepositoryError(error, 'ERR_REPOSITORY_BAD_LINK') ||
      isRepositoryError(error, 'ERR_REPOSITORY_BAD_NAME')
    if (isBad) return undefined
    throw error
  }
}
