import { join } from 'node:path'
import { DigestSet } from '@composefs/fsverity'
import { type CheckFinding, type FindingKind, isExactPath } from '../check/finding.ts'
import { removeLink } from '../links.ts'
import type { OnBroken } from '../reach/broken.ts'
import { readNames } from '../reach/names.ts'
import { entryPath } from '../reach/root.ts'
import { type ReachVisitor, ReachWalk } from '../reach/walk-reach.ts'
import type { Repository } from '../repository.ts'
import { assertAlone } from './put-aside.ts'

/** Findings that say that what a link in `streams/` or `images/` stands for is not there, or not all of it. */
const KINDS: ReadonlySet<FindingKind> = new Set([
  'broken-symlink',
  'stream-open-failed',
  'missing-object-ref',
  'missing-named-ref',
  'image-open-failed',
  'image-invalid',
  'image-missing-object',
])
const FIRST_LEVEL = /^(?:streams|images)\/(?!refs$)[^/]+$/

/**
 * Removes links of `streams/` and `images/` that a check has found to be of no use and that no ref leads to, neither
 * itself nor by way of other streams. A garbage collection would remove them too; their objects stay for it.
 *
 * Nothing is removed while something that a ref leads to cannot be read: it may need any of them.
 *
 * @returns the paths of the links, relative to the repository
 */
export async function dropBrokenLinks(
  repository: Repository,
  findings: readonly CheckFinding[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  assertAlone(repository)
  repository.assertWritable()
  const paths = new Set<string>()
  for (const { kind, path } of findings) {
    if (KINDS.has(kind) && FIRST_LEVEL.test(path) && isExactPath(path)) paths.add(path)
  }
  const needed = paths.size === 0 ? undefined : await neededLinks(repository, options.signal)
  if (needed === undefined) return []
  return [...paths].filter(path => {
    if (needed.has(path)) return false
    return removeLink(repository.layout, join(repository.layout.root, path))
  })
}

/** The links that refs lead to; undefined when that cannot be told. */
async function neededLinks(
  repository: Repository,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string> | undefined> {
  let isKnown = true
  const onBroken: OnBroken = ({ path, neededBy, remedy }) => {
    // A link that leads nowhere is what this is about; one that a root needs hides what else it needs. What has no
    // remedy hides all names.
    if (neededBy !== undefined || path.includes('/refs/') || remedy === 'none') isKnown = false
  }
  const names = readNames(repository, onBroken)
  const referenced = new DigestSet(repository.algorithm)
  const visitor: ReachVisitor = {
    enter: ({ object }) => void referenced.add(object.bytes),
    object() {},
    named: (_, { bytes }) => void referenced.add(bytes),
  }
  await new ReachWalk(repository, visitor, { onBroken, signal }).walk(names, names.refs)
  if (!isKnown) return undefined
  const needed = new Set(names.refs.map(entryPath))
  for (const directory of ['streams', 'images'] as const) {
    for (const [id, { bytes }] of names[directory].entries()) {
      if (referenced.has(bytes)) needed.add(`${directory}/${id}`)
    }
  }
  return needed
}
