import { RepositoryError } from '../errors.ts'
import type { Broken } from '../reach/broken.ts'

/** Most broken things an error lists. */
const LISTED_MAX = 64
/** Most broken things that are kept. Of more than these nobody wants to ignore all. */
const KEPT_MAX = 10_000

/** The broken things that a garbage collection has come by, and which of them it is to ignore. */
export class BrokenList {
  readonly #wanted: readonly string[]
  readonly #broken: Broken[] = []
  #count = 0

  /**
   * @param wanted what to ignore: paths as they are told, or paths without their first directory where only one of the
   *   broken things has that name
   */
  constructor(wanted: readonly string[]) {
    this.#wanted = wanted
  }

  add(broken: Broken): void {
    this.#count++
    if (this.#broken.length < KEPT_MAX) this.#broken.push(broken)
  }

  /** The broken things that are to be ignored. */
  ignored(): readonly Broken[] {
    const wanted = this.#ignoredPaths()
    return this.#broken.filter(({ path, remedy }) => remedy !== 'none' && wanted.has(path))
  }

  /** What was to be ignored and is not broken. */
  unused(): readonly string[] {
    const paths = new Set(this.#broken.map(({ path }) => path))
    return this.#wanted.filter(name => !paths.has(name) && this.#named(name).length === 0)
  }

  /**
   * Checks that nothing is broken but what is ignored.
   *
   * @throws RepositoryError ERR_REPOSITORY_GC_REFUSED
   */
  assertIgnored(): void {
    const wanted = this.#ignoredPaths()
    const left = this.#broken.filter(({ path, remedy }) => remedy === 'none' || !wanted.has(path))
    const brokenCount = left.length + this.#count - this.#broken.length
    const [first] = left
    if (first === undefined) return
    const others = brokenCount === 1 ? '' : ` (and ${brokenCount - 1} more)`
    throw new RepositoryError(
      'ERR_REPOSITORY_GC_REFUSED',
      `nothing was removed, because what is needed cannot be told: ${describe(first)}${others}`,
      {
        path: first.path,
        broken: left.slice(0, LISTED_MAX).map(({ remedy, ...told }) => told),
        brokenCount,
      },
    )
  }

  #ignoredPaths(): ReadonlySet<string> {
    const paths = new Set<string>()
    for (const name of this.#wanted) {
      const [match, second] = this.#named(name)
      if (second === undefined && match !== undefined) paths.add(match)
      paths.add(name)
    }
    return paths
  }

  /** Paths that are `name` without their first directory. */
  #named(name: string): string[] {
    const paths = this.#broken.map(({ path }) => path)
    return [...new Set(paths)].filter(path => path.slice(path.indexOf('/') + 1) === name)
  }
}

/** One line about a broken thing. */
function describe({ path, reason, neededBy }: Broken): string {
  return `${path}: ${reason}${neededBy === undefined ? '' : ` (needed by ${neededBy})`}`
}
