import type { Broken } from '../errors.ts'
import type { LockOptions } from '../lock.ts'
import type { Repository } from '../repository.ts'
import { BrokenList } from './broken-list.ts'
import { findDead } from './dead-objects.ts'
import { Marks } from './marks.ts'
import { Sweep } from './sweep.ts'

/** How to collect. */
export interface CollectOptions {
  /** Only tell what would go; the shared lock is enough. */
  readonly dryRun?: boolean | undefined
  /** Names of entries of `streams/` and `images/` to keep although no ref leads there. Unknown ones are ignored. */
  readonly roots?: readonly string[] | undefined
  /**
   * What to go on without although it is broken: paths as the refusal tells them, or paths without their first
   * directory where that is clear. Links among them are removed.
   */
  readonly ignoreBroken?: readonly string[] | undefined
  /** Count what stays too, which looks at every object. */
  readonly countKept?: boolean | undefined
  /** Seconds to wait until nobody else has the repository open, 0 for one try. Default: as long as it takes. */
  readonly lockTimeoutSeconds?: number | undefined
  /** Called once when that wait gets long. */
  readonly onWait?: LockOptions['onWait']
  /** Called with the number of streams and images that have been read, later with that of objects removed of all. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** The time, in ms since 1970: temporary files of a day before are nobody's any more. */
  readonly now?: number | undefined
}

/** What has been removed, or would be. */
export interface CollectResult {
  readonly dryRun: boolean
  readonly objectsRemoved: number
  /** Sum of their lengths. */
  readonly bytesRemoved: number
  /** Links in `images/` and `streams/`. */
  readonly imagesPruned: number
  readonly streamsPruned: number
  /** Refs that were broken and ignored. */
  readonly refsPruned: number
  /** Temporary names that killed writers left. */
  readonly temporariesRemoved: number
  /** Refs, and entries named as roots. */
  readonly rootCount: number
  /** null unless `countKept`. */
  readonly objectsKept: number | null
  readonly bytesKept: number | null
  /** Broken things that did not stop it. */
  readonly ignored: readonly string[]
  /** Names in `ignoreBroken` of nothing that is broken. */
  readonly unusedIgnores: readonly string[]
}

/**
 * Removes every object that no ref needs, and the names in `streams/` and `images/` that thereby lead nowhere.
 *
 * What is needed is found out while others go on reading and writing. Then the repository is locked for this process
 * alone, what has got a name meanwhile is added, and the rest is removed: names before the objects they lead to, so
 * that every name is good at every moment. Nothing this repository object has stored may be without a name.
 *
 * @throws RepositoryError ERR_REPOSITORY_GC_REFUSED, with nothing removed, when something is broken, so that what is
 *   needed cannot be told; _LOCKED, _READ_ONLY, _UNSUPPORTED_FEATURE, _LEGACY
 *
 * @example
 * await using repository = await openRepository('/srv/composefs', { system: linuxSystem, mode: 'write' })
 * const { objectsRemoved, bytesRemoved } = await collectGarbage(repository)
 */
export async function collectGarbage(
  repository: Repository,
  options: CollectOptions = {},
): Promise<CollectResult> {
  const { dryRun = false, ignoreBroken = [], onProgress = () => {}, roots = [], signal } = options
  if (!dryRun) {
    repository.assertWritable()
    if (repository.hasUnsynced) throw new TypeError('objects have been stored and not synced')
  }
  const broken = new BrokenList(ignoreBroken)
  const marks = new Marks(repository, { roots, onProgress: n => onProgress(n, undefined), signal })
  const names = await marks.update(entry => broken.add(entry))
  const found = await findDead(repository, marks.live, {
    onBroken: entry => broken.add(entry),
    countKept: options.countKept ?? false,
    signal,
  })
  broken.assertIgnored()
  const sweep = new Sweep(repository, {
    ...found,
    dryRun,
    live: marks.live,
    now: options.now ?? Date.now(),
  })
  const told = { dryRun, unusedIgnores: broken.unused() }
  if (dryRun) {
    const ignored = pathsOf([...broken.ignored()])
    return { ...told, ignored, ...(await sweep.run(names, broken, { onProgress, signal })) }
  }

  const before = repository.lock
  const { lockTimeoutSeconds: timeoutSeconds, onWait } = options
  const waiting = { timeoutSeconds, onWait, signal }
  await repository.changeLock({ ...waiting, mode: 'exclusive' })
  try {
    // Only now nobody else can give anything a name.
    const brokenNow = new BrokenList(ignoreBroken)
    const namesNow = await marks.update(entry => brokenNow.add(entry))
    brokenNow.assertIgnored()
    const ignored = pathsOf([...broken.ignored(), ...brokenNow.ignored()])
    return { ...told, ignored, ...(await sweep.run(namesNow, brokenNow, { onProgress, signal })) }
  } finally {
    if (before === 'shared') await repository.changeLock({ mode: 'shared' })
  }
}

function pathsOf(broken: readonly Broken[]): readonly string[] {
  return [...new Set(broken.map(({ path }) => path))]
}
