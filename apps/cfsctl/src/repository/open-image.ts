import { readTag } from '@composefs/oci'
import { isRepositoryError, type OpenedImage, type Repository } from '@composefs/repository'
import { nearestWords } from '../arguments/nearest.ts'
import { CliError } from '../errors/cli-error.ts'
import { shellWord } from '../output/shell-word.ts'

/**
 * Opens an image by its id or name and checks its digest.
 *
 * @throws CliError image-not-found, with what may have been meant
 */
export function openNamedImage(repository: Repository, name: string): OpenedImage {
  try {
    return repository.images.open(name)
  } catch (error) {
    if (!isRepositoryError(error, 'ERR_REPOSITORY_IMAGE_NOT_FOUND')) throw error
    throw new CliError('image-not-found', `${error.message} (repository ${repository.path})`, {
      hints: hintsFor(repository, name),
      context: { name, repository: repository.path },
    })
  }
}

function hintsFor(repository: Repository, name: string): string[] {
  if (readTag(repository, name) !== undefined) {
    return [`there is an OCI tag of that name: cfsctl oci mount ${shellWord(name)} MOUNTPOINT`]
  }
  const names = Array.from(repository.images.refs(), ref => ref.name)
  const near = names.includes(name) ? [name] : nearestWords(name.replace(/^refs\//, ''), names)
  return near.map(ref => `did you mean refs/${ref}?`)
}
