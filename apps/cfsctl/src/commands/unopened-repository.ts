import type { ErofsVersion } from '@composefs/erofs'
import { type Algorithm, algorithmByName, SHA512 } from '@composefs/fsverity'
import { isRepositoryError, readAlgorithm } from '@composefs/repository'
import type { Context } from '../context.ts'
import { isCliError } from '../errors/cli-error.ts'
import { chooseRepository } from '../repository/choose.ts'

/**
 * The hash for commands that store nothing: `--hash`, else that of the repository if there is one, else SHA-512.
 * The repository is not opened, and its format of images has no say, as in cfsctl.
 */
export function algorithmWithoutRepository(context: Context): Algorithm {
  const { globals } = context
  const asked = globals.hash === undefined ? undefined : algorithmByName(globals.hash)
  if (asked !== undefined) return asked
  return globals['no-repo'] ? SHA512 : (peekAlgorithm(context) ?? SHA512)
}

/** The format of images that are computed without a repository. */
export function versionWithoutRepository({ globals }: Context): ErofsVersion {
  return (globals['erofs-version'] ?? 1) as ErofsVersion
}

function peekAlgorithm(context: Context): Algorithm | undefined {
  try {
    return readAlgorithm(chooseRepository(context).path)
  } catch (error) {
    // A default that cannot be chosen or read is none; one that is named has to be good.
    const isNamed = context.globals.repo !== undefined
    const isMissing = isCliError(error) && error.code === 'repository-not-found'
    if (isMissing || (!isNamed && isRepositoryError(error))) return undefined
    throw error
  }
}
