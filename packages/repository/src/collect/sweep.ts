import { lstatSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DigestSet } from '@composefs/fsverity'
import { Digest } from '@composefs/fsverity'
import { isErrno } from '../errors.ts'
import type { LinkTable } from '../reach/link-table.ts'
import { isRealDirectory } from '../real-directories.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import type { BrokenList } from './broken-list.ts'
import type { DeadObjects } from './dead-objects.ts'
import type { MarkedNames } from './marks.ts'
import { strayTemporaries } from './stray-temporaries.ts'

/** Objects between two moments in which others get a turn. */
const TURN = 256

/** What to sweep. */
export interface SweepOptions extends DeadObjects {
  /** Count what would go, and leave it. */
  readonly dryRun: boolean
  /** What is needed: it may have grown since the dead were found. */
  readonly live: DigestSet
  readonly now: number
}

/** How to go on. */
export interface SweepProgress {
  readonly onProgress: (done: number, total: number | undefined) => void
  readonly signal: AbortSignal | undefined
}

/** Removes what is not needed: under the exclusive lock, unless nothing is really removed. */
export class Sweep {
  readonly #repository: Repository
  readonly #options: SweepOptions

  constructor(repository: Repository, options: SweepOptions) {
    this.#repository = repository
    this.#options = options
  }

  /** Names first: a sweep that is cut short leaves none that leads nowhere. */
  async run(names: MarkedNames, broken: BrokenList, progress: SweepProgress) {
    const { dryRun, now } = this.#options
    const ignored = broken.ignored()
    const pruned = this.#pruneBroken(
      ignored.flatMap(({ path, remedy }) => (remedy === 'remove' ? [path] : [])),
    )
    const imagesPruned = this.#pruneLinks('images', names.images) + pruned.images
    const streamsPruned = this.#pruneLinks('streams', names.streams) + pruned.streams
    // Nor must a power cut bring such a name back.
    const isChanged = imagesPruned + streamsPruned + pruned.refs > 0
    if (isChanged && !dryRun) this.#repository.sync()
    const objects = await this.#removeObjects(progress)
    let temporariesRemoved = 0
    for (const path of strayTemporaries(this.#repository.layout, now)) {
      if (this.#remove(path)) temporariesRemoved++
    }
    return {
      ...objects,
      imagesPruned,
      streamsPruned,
      refsPruned: pruned.refs,
      temporariesRemoved,
      rootCount: names.rootCount,
    }
  }

  #pruneBroken(paths: readonly string[]): { images: number; streams: number; refs: number } {
    const { layout } = this.#repository
    const pruned = { images: 0, streams: 0, refs: 0 }
    for (const path of new Set(paths)) {
      const file = `${layout.root}/${path}`
      if (!isRealDirectory(layout, dirname(file)) || !isSymlink(file) || !this.#remove(file))
        continue
      if (/^\w+\/refs\//.test(path)) pruned.refs++
      else pruned[path.startsWith('images/') ? 'images' : 'streams']++
    }
    return pruned
  }

  #pruneLinks(directory: 'images' | 'streams', links: LinkTable): number {
    const { layout } = this.#repository
    let count = 0
    for (const [id, object] of links.entries()) {
      if (this.#options.live.has(object.bytes) && isThere(layout.object(object))) continue
      if (this.#remove(`${layout[directory]}/${id}`)) count++
    }
    return count
  }

  async #removeObjects({ onProgress, signal }: SweepProgress) {
    const { dead, kept, live } = this.#options
    const { algorithm, layout } = this.#repository
    let objectsKept = kept?.objects ?? 0
    let bytesKept = kept?.bytes ?? 0
    let objectsRemoved = 0
    let bytesRemoved = 0
    let done = 0
    const turns = new Turns(signal)
    for (const bytes of dead) {
      if (done % TURN === 0) {
        await turns.give()
        onProgress(done, dead.size)
      }
      done++
      const path = layout.object(new Digest(algorithm, bytes))
      const size = lstatSync(path, { throwIfNoEntry: false })?.size
      if (size === undefined) continue
      if (live.has(bytes)) {
        objectsKept++
        bytesKept += size
      } else if (this.#remove(path)) {
        objectsRemoved++
        bytesRemoved += size
      }
    }
    onProgress(done, dead.size)
    const isCounted = kept !== undefined
    return {
      objectsRemoved,
      bytesRemoved,
      objectsKept: isCounted ? objectsKept : null,
      bytesKept: isCounted ? bytesKept : null,
    }
  }

  /** False when somebody else was faster. */
  #remove(path: string): boolean {
    if (this.#options.dryRun) return true
    try {
      unlinkSync(path)
      return true
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false
      throw error
    }
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function isSymlink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}
