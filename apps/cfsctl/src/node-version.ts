/** The oldest Node that has all we use: zstd in node:zlib came with it. */
const OLDEST = [22, 15] as const

/** What is wrong with a version of Node; nothing for one that is new enough. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
  return isNew ? undefined : `cfsctl needs Node >= ${OLDEST.join('.')}; this is ${version}`
}
