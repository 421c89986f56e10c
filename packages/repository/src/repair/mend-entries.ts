import { closeSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { type CheckFinding, type FindingKind, isExactPath } from '../check/finding.ts'
import { isErrno, isRepositoryError } from '../errors.ts'
import { openForReading } from '../file-bytes.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import { assertAlone, putAside } from './put-aside.ts'
import { renewVerity } from './renew-verity.ts'

/** What was done about a finding. */
export type MendedEntry =
  | { readonly action: 'put-aside'; readonly path: string; readonly to: string }
  /** fs-verity was enabled, or a copy with fs-verity took the place of the object. */
  | { readonly action: 'verity-enabled'; readonly path: string }
  | { readonly action: 'failed'; readonly path: string; readonly reason: string }

/** Findings that are about one entry, which cannot stay as it is. */
const KINDS: ReadonlySet<FindingKind> = new Set([
  'object-invalid-name',
  'object-open-failed',
  'object-digest-mismatch',
  'object-verity-failed',
  'object-verity-missing',
  'entry-not-symlink',
  'unexpected-file-type',
])

/** Refs, and the directories of them. */
const REFS_PATH = /^(?:streams|images)\/refs(?:\/|$)/

/**
 * Deals with what a check has found to be wrong by itself: objects whose content is right get their fs-verity, all
 * other bad entries are put aside. What is put aside is missing then, and can be stored again like anything missing.
 * Findings about what is missing or leads nowhere are left alone. So is what stands in the place of refs: the names
 * that may have been there are lost, and nobody but a person can say that nothing needs them.
 */
export async function mendEntries(
  repository: Repository,
  findings: readonly CheckFinding[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<MendedEntry[]> {
  assertAlone(repository)
  const mended: MendedEntry[] = []
  const turns = new Turns(options.signal)
  for (const finding of findings) {
    const { kind, path } = finding
    // Of `objects` itself nothing is known: that it is a symlink may be meant.
    if (!KINDS.has(kind) || !path.includes('/')) continue
    await turns.give()
    try {
      const entry = mendEntry(repository, finding)
      if (entry !== undefined) mended.push(entry)
    } catch (error) {
      if (!isRepositoryError(error) && !isFileError(error)) throw error
      mended.push({ action: 'failed', path, reason: reasonOf(error) })
    }
  }
  return mended
}

function mendEntry(repository: Repository, finding: CheckFinding): MendedEntry | undefined {
  const { kind, path, digest } = finding
  const reason = reasonToKeep(repository, finding)
  if (reason !== undefined) return { action: 'failed', path, reason }
  if (
    (kind === 'object-verity-missing' || kind === 'object-verity-failed') &&
    digest !== undefined
  ) {
    const renewed = renewVerity(repository, digest)
    if (renewed === 'gone') return undefined
    if (renewed !== 'wrong') return { action: 'verity-enabled', path }
  }
  const to = putAside(repository, path)
  if (to !== undefined) return { action: 'put-aside', path, to }
  return { action: 'failed', path, reason: 'there is no such entry' }
}

/** Why an entry stays although it is a finding; undefined when it is known to be bad. */
function reasonToKeep(repository: Repository, { kind, path }: CheckFinding): string | undefined {
  if (!isExactPath(path)) return 'its name is no text'
  // Garbage collection stops at it. Without it, what was named there would be nobody's.
  if (REFS_PATH.test(path)) return 'names may have been there, and what they kept would be garbage'
  return kind === 'object-open-failed' ? reasonUnopened(join(repository.path, path)) : undefined
}

/** Why an object that could not be opened is not known to be bad; undefined when it is. */
function reasonUnopened(path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (status?.isFile() !== true) return undefined
  try {
    closeSync(openForReading(path))
    return undefined
  } catch (error) {
    if (!isFileError(error)) throw error
    // The disk cannot read it: nobody can.
    return isErrno(error, 'EIO', 'EUCLEAN', 'EBADMSG') ? undefined : reasonOf(error)
  }
}
