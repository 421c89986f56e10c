import { DigestSet } from '@composefs/fsverity'
import type { OnBroken } from '../reach/broken.ts'
import { extraRoots } from '../reach/extra-roots.ts'
import { type RepositoryNames, readNames } from '../reach/names.ts'
import { type ReachVisitor, ReachWalk } from '../reach/walk-reach.ts'
import type { Repository } from '../repository.ts'

/** How to mark. */
export interface MarkOptions {
  /** Names of entries that are roots too. */
  readonly roots: readonly string[]
  readonly onProgress: (nodes: number) => void
  readonly signal: AbortSignal | undefined
}

/** What the names of a repository need. It only grows: what a name needed once is kept until the next collection. */
export class Marks {
  /** The objects that are needed, whether they are there or not. */
  readonly live: DigestSet
  readonly #repository: Repository
  readonly #extra: readonly string[]
  readonly #walk: ReachWalk
  #onBroken: OnBroken = () => {}

  constructor(repository: Repository, { roots, ...options }: MarkOptions) {
    const live = new DigestSet(repository.algorithm)
    this.live = live
    this.#repository = repository
    this.#extra = roots
    const visitor: ReachVisitor = {
      enter: ({ object }) => void live.add(object.bytes),
      object: digest => void live.add(digest),
      named: (_, object) => void live.add(object.bytes),
    }
    const onBroken: OnBroken = broken => this.#onBroken(broken)
    this.#walk = new ReachWalk(repository, visitor, { ...options, onBroken })
  }

  /** Reads the names as they are now, and marks what they need and has not been marked before. */
  async update(onBroken: OnBroken): Promise<MarkedNames> {
    this.#onBroken = onBroken
    const names = readNames(this.#repository, onBroken)
    const roots = [...names.refs, ...extraRoots(names, this.#extra)]
    await this.#walk.walk(names, roots)
    return { ...names, rootCount: roots.length }
  }
}

/** The names that have been marked. */
export interface MarkedNames extends RepositoryNames {
  readonly rootCount: number
}
