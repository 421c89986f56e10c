import type { Environment } from '../arguments/parse.ts'
import { chooseRepository } from '../repository/choose.ts'

/**
 * The repository that a command line is about, by the options before the cursor and the environment; undefined when
 * there is none.
 */
export function chosenRepository(
  given: ReadonlyMap<string, readonly string[]>,
  env: Environment,
): string | undefined {
  const typed = given.get('repo')?.at(-1)
  const globals = {
    repo: typed === undefined ? emptyIsNone(env.CFSCTL_REPO) : expandWord(typed, env),
    user: given.has('user'),
    system: given.has('system'),
    'no-repo': given.has('no-repo'),
  }
  try {
    return chooseRepository({ globals, env }).path
  } catch {
    // No such place, or no repository is wanted.
    return undefined
  }
}

function emptyIsNone(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** A word as it was typed: the shell has not yet replaced `~` and variables. */
function expandWord(word: string, env: Environment): string {
  return word
    .replace(/^~(?=\/|$)/, () => env.HOME ?? '~')
    .replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (found, braced, plain) => env[braced ?? plain] ?? found)
}
