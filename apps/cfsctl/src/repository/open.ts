import { algorithmByName } from '@composefs/fsverity'
import {
  isRepositoryError,
  type LockHolder,
  type OpenOptions,
  openRepository,
  type Repository,
} from '@composefs/repository'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { shellWord } from '../output/shell-word.ts'
import { chooseRepository, type RepositoryChoice } from './choose.ts'
import { engineZstd } from './engine-zstd.ts'
import { objectHelpers } from './object-threads.ts'
import { decoders, hashing, system } from './platform.ts'

/**
 * Opens the repository that the command line chooses, as its global options say. `write` finds out before any work
 * whether it can be written.
 *
 * @throws CliError repository-not-found, metadata-missing
 */
export async function openChosen(
  context: Context,
  options: Pick<OpenOptions, 'mode' | 'lock' | 'verify'> = {},
): Promise<Repository> {
  const choice = chooseRepository(context)
  try {
    const repository = await openRepository(choice.path, { ...openOptions(context), ...options })
    logRepository(repository, choice, context)
    return repository
  } catch (error) {
    throw missingRepository(error, choice) ?? error
  }
}

function logRepository(
  { path, algorithm, secure, erofsVersions }: Repository,
  { rule }: RepositoryChoice,
  { console }: Context,
): void {
  const verity = `${secure ? 'with' : 'without'} fs-verity`
  const facts = `${algorithm.name}, ${verity}, format ${erofsVersions.default}`
  console.log('info', `repository ${path} (${rule}): ${facts}`)
}

/**
 * Opens a repository beside the chosen one, for reading. Options that say what the chosen one is like are not about it.
 *
 * @param rule what named it, for errors
 * @throws CliError repository-not-found, metadata-missing
 */
export async function openOther(context: Context, path: string, rule: string): Promise<Repository> {
  const { onWait, lockTimeoutSeconds, signal } = openOptions(context)
  try {
    return await openRepository(path, {
      system,
      hashing,
      decoders,
      zstd: engineZstd,
      ...(lockTimeoutSeconds === undefined ? {} : { lockTimeoutSeconds }),
      ...(onWait === undefined ? {} : { onWait }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    throw missingRepository(error, { path, rule, selectedBy: 'flag' }) ?? error
  }
}

function openOptions(context: Context): OpenOptions {
  const { globals, signal } = context
  const algorithm = globals.hash === undefined ? undefined : algorithmByName(globals.hash)
  const erofsVersion = globals['erofs-version'] as 0 | 1 | 2 | undefined
  const lockTimeoutSeconds = globals['lock-timeout']
  return {
    system,
    hashing,
    decoders,
    zstd: engineZstd,
    helpers: objectHelpers(globals.jobs),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(erofsVersion === undefined ? {} : { erofsVersion }),
    ...(lockTimeoutSeconds === undefined ? {} : { lockTimeoutSeconds }),
    requireVerity: globals['require-verity'],
    upgrade: !globals['no-upgrade'],
    insecure: globals.insecure,
    onWait: announceWait(context),
    signal,
  }
}

/** Tells who holds a lock that is waited for. */
export function announceWait({ console }: Context): (holders: readonly LockHolder[]) => void {
  return holders => {
    const who = holders.map(({ pid, command }) => `process ${pid} (${command})`).join(', ')
    console.notice(`waiting for the lock of the repository, held by ${who || 'another process'}`)
  }
}

/** The error for a repository that is not there, with the rule that chose it. */
function missingRepository(error: unknown, { path, rule }: RepositoryChoice): CliError | undefined {
  const hints = [
    `cfsctl init ${shellWord(path)} makes one, --repo PATH or CFSCTL_REPO chooses another`,
  ]
  const context = { path }
  if (isRepositoryError(error, 'ERR_REPOSITORY_NOT_FOUND')) {
    const message = `there is no repository at ${path} (${rule})`
    return new CliError('repository-not-found', message, { hints, context })
  }
  if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOTSUP') {
    // A kernel without fs-verity does not even open a file that has it.
    const message = `the kernel cannot open files with fs-verity, such as ${path}/meta.json`
    return new CliError('verity-unsupported', message, {
      hints: ['this repository has fs-verity: use it with a kernel that has CONFIG_FS_VERITY'],
      context,
    })
  }
  if (isRepositoryError(error, 'ERR_REPOSITORY_NOT_INITIALIZED')) {
    // The words of cfsctl 0.9.4, which scripts may look for.
    const message = `meta.json not found in ${path}; this repository must be initialized with \`cfsctl init\``
    return new CliError('metadata-missing', message, { hints, context })
  }
  return undefined
}
