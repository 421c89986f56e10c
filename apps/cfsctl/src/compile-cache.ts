/**
 * Where compiled code is kept between runs; undefined when there is no safe place.
 *
 * Node's own choice is below the temporary directory, where anybody could put code for others to run. Root uses a
 * directory that only root can make, whatever HOME says: under sudo it may still be the user's.
 */
export function compileCacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  uid: number | undefined,
): string | undefined {
  if (isSet(env.NODE_COMPILE_CACHE)) return env.NODE_COMPILE_CACHE
  if (uid === 0) return '/var/cache/cfsctl'
  if (isSet(env.XDG_CACHE_HOME)) return `${env.XDG_CACHE_HOME}/cfsctl`
  return isSet(env.HOME) ? `${env.HOME}/.cache/cfsctl` : undefined
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
