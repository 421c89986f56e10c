import { RepositoryError } from './errors.ts'
import { REFS } from './layout.ts'

/** Longest file name and longest path of Linux, in bytes. A path keeps room for the repository's own. */
const NAME_MAX = 255
const REF_MAX = 2048

/**
 * Checks the name of an entry of `streams/` or `images/`: one file name, and not `refs`.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_NAME
 */
export function assertEntryName(name: string): void {
  const reason = name === REFS ? 'is taken' : reasonAgainst(name)
  if (reason !== undefined) throw badName(name, reason)
}

/**
 * Checks the name of a ref: file names with `/` between them, none of which leads out of the directory of refs.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_NAME
 */
export function assertRefName(name: string): void {
  if (Buffer.byteLength(name) > REF_MAX) throw badName(name, `is longer than ${REF_MAX} bytes`)
  for (const part of name.split('/')) {
    const reason = reasonAgainst(part)
    if (reason !== undefined) throw badName(name, `has a part that ${reason}`)
  }
}

function reasonAgainst(part: string): string | undefined {
  if (part === '') return 'is empty'
  if (part === '.' || part === '..') return `is ${JSON.stringify(part)}`
  if (part.includes('/')) return 'contains a slash'
  if (part.includes('\0')) return 'contains a NUL'
  if (!part.isWellFormed()) return 'is no valid text'
  if (Buffer.byteLength(part) > NAME_MAX) return `is longer than ${NAME_MAX} bytes`
  return undefined
}

/** The error for a name that cannot be. */
export function badName(name: string, reason: string): RepositoryError {
  return new RepositoryError(
    'ERR_REPOSITORY_BAD_NAME',
    `the name ${JSON.stringify(name)} ${reason}`,
    { name },
  )
}
