/** The oldest Node that has all we use: zstd in node:zlib came with 22.15, and what gives the certificates of a system. */
const OLDEST = [22, 15] as const
/** Its odd neighbour got the last of it later. */
const OLDEST_23 = 10

/** What is wrong with a version of Node; nothing for one that is new enough. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === 23 && minor < OLDEST_23) {
    return `cfsctl needs Node >= 23.${OLDEST_23} of those of 23; this is ${version}`
  }
  const isNew = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
  return isNew ? undefined : `cfsctl needs Node >= ${OLDEST.join('.')}; this is ${version}`
}
