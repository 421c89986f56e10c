import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'

/** What said which repository it is. */
export type SelectedBy = 'flag' | 'env' | 'user' | 'system'

/** What the choice depends on. */
export interface ChoosingContext extends Pick<Context, 'env'> {
  readonly globals: Pick<Context['globals'], 'repo' | 'user' | 'system' | 'no-repo'>
}

/** A repository as it was chosen; whether it exists is not known. */
export interface RepositoryChoice {
  readonly path: string
  readonly selectedBy: SelectedBy
  /** The rule in words, for errors. */
  readonly rule: string
}

const SYSTEM_PATH = '/sysroot/composefs'
const USER_PATH = '.var/lib/composefs'

/**
 * Chooses the repository: `--repo`, `--user` and `--system`, then CFSCTL_REPO, then by who runs the program.
 *
 * @throws CliError repository-not-found when the place of the user is asked for and HOME is not set
 */
export function chooseRepository({ globals, env }: ChoosingContext): RepositoryChoice {
  if (globals['no-repo']) {
    throw new CliError('usage', '--no-repo is for compute-id, create-dumpfile and oci digests')
  }
  if (globals.user) return userRepository(env, '--user')
  if (globals.system) return { path: SYSTEM_PATH, selectedBy: 'system', rule: '--system' }
  if (globals.repo !== undefined) {
    return globals.repo === env.CFSCTL_REPO
      ? { path: globals.repo, selectedBy: 'env', rule: 'CFSCTL_REPO' }
      : { path: globals.repo, selectedBy: 'flag', rule: '--repo' }
  }
  if (process.getuid?.() !== 0) return userRepository(env, 'the default of this user')
  return { path: SYSTEM_PATH, selectedBy: 'system', rule: 'the default of root' }
}

function userRepository(env: Context['env'], rule: string): RepositoryChoice {
  const home = env.HOME
  if (home === undefined || home === '') {
    throw new CliError('repository-not-found', 'HOME is not set, so this user has no repository', {
      hints: ['choose one by --repo PATH'],
    })
  }
  return { path: `${home}/${USER_PATH}`, selectedBy: 'user', rule }
}
