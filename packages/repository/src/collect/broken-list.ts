import { type Broken, RepositoryError } from '../errors.ts'

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
    const named = this.#named()
    return this.#wanted.filter(name => !paths.has(name) && !named.has(name))
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
    if (brokenCount === 0) return
    const [first] = left
    const what =
      first === undefined ? [`more than ${KEPT_MAX} things are broken`] : [describe(first)]
    if (first !== undefined && brokenCount > 1) what.push(`(and ${brokenCount - 1} more)`)
    throw new RepositoryError(
      'ERR_REPOSITORY_GC_REFUSED',
      `nothing was removed, because what is needed cannot be told: ${what.join(' ')}`,
      {
        ...(first === undefined ? {} : { path: first.path }),
        broken: left.slice(0, LISTED_MAX),
        brokenCount,
      },
    )
  }

  #ignoredPaths(): ReadonlySet<string> {
    const paths = new Set(this.#wanted)
    const named = this.#named()
    for (const name of this.#wanted) {
      const [match, second] = named.get(name) ?? []
      if (second === undefined && match !== undefined) paths.add(match)
    }
    return paths
  }

  /** The paths that have the same name without their first directory. */
  #named(): ReadonlyMap<string, readonly string[]> {
    const named = new Map<string, string[]>()
    for (const path of new Set(this.#broken.map(({ path }) => path))) {
      const name = path.slice(path.indexOf('/') + 1)
      const paths = named.get(name)
      if (paths === undefined) named.set(name, [path])
      else paths.push(path)
    }
    return named
  }
}

/** One line about a broken thing. */
function describe({ path, reason, neededBy }: Broken): string {
  return `${path}: ${reason}${neededBy === undefined ? '' : ` (needed by ${neededBy})`}`
}
