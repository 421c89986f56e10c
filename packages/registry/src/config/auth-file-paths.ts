import { join } from 'node:path'
import { type Environment, homeDirectory } from './config-file.ts'

/** Where an auth file is, and what it is. */
export interface AuthFilePath {
  readonly path: string
  /** `~/.dockercfg`: no more than the entries, by the URL of an API. */
  readonly isLegacy: boolean
  /** Somebody named it, so it has to be there. */
  readonly isNamed: boolean
}

/**
 * The places of auth files, the first to be asked first: the one that was named, by `authFile` or REGISTRY_AUTH_FILE,
 * and no other; else podman's of this session, podman's of the user, Docker's, and Docker's of old.
 */
export function authFilePaths(env: Environment, authFile?: string): readonly AuthFilePath[] {
  const named = authFile ?? (env.REGISTRY_AUTH_FILE || undefined)
  if (named !== undefined) return [{ path: named, isLegacy: false, isNamed: true }]
  const home = homeDirectory(env)
  const session = env.XDG_RUNTIME_DIR || `/run/containers/${process.getuid?.() ?? 0}`
  const config = env.XDG_CONFIG_HOME || (home === undefined ? undefined : join(home, '.config'))
  const docker = env.DOCKER_CONFIG || (home === undefined ? undefined : join(home, '.docker'))
  return [
    place(env.XDG_RUNTIME_DIR ? join(session, 'containers/auth.json') : join(session, 'auth.json')),
    ...(config === undefined ? [] : [place(join(config, 'containers/auth.json'))]),
    ...(docker === undefined ? [] : [place(join(docker, 'config.json'))]),
    ...(home === undefined ? [] : [{ ...place(join(home, '.dockercfg')), isLegacy: true }]),
  ]
}

function place(path: string): AuthFilePath {
  return { path, isLegacy: false, isNamed: false }
}
