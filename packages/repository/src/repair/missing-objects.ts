import type { Digest } from '@composefs/fsverity'
import type { CheckFinding } from '../check/finding.ts'
import { readNames } from '../reach/names.ts'
import type { Repository } from '../repository.ts'

/**
 * The objects that names, streams and images need and that are not there, each once: those of the findings of a check,
 * and those of links that lead nowhere. More can be missing behind streams that are missing themselves.
 */
export function missingObjects(
  repository: Repository,
  findings: readonly CheckFinding[],
): Digest[] {
  const missing = new Map<string, Digest>()
  const note = (digest: Digest) => {
    if (!missing.has(digest.hex) && !repository.objects.has(digest)) missing.set(digest.hex, digest)
  }
  for (const { digest } of findings) if (digest !== undefined) note(digest)
  const names = readNames(repository, () => {})
  for (const table of [names.streams, names.images]) {
    for (const [, digest] of table.entries()) note(digest)
  }
  return [...missing.values()]
}
