import { constants } from 'node:os'
import { systemError } from '../errno.ts'

/** Which call is to fail, and how. */
export interface FaultPlanOptions {
  /** The call that fails, counted from 1. Without it none does: calls are counted. */
  readonly nth?: number | undefined
  /** What it fails with: the name of an errno, `ENOSPC`. */
  readonly code: string
  /** Only calls of these names count; default: all. */
  readonly calls?: readonly string[] | undefined
  /** Only calls about a path below this directory count, and those about an open file. */
  readonly within?: string | undefined
  /** All calls after it fail as well, as on a disk that is full. */
  readonly isLasting?: boolean
}

/** A call that was made to fail. */
export interface FailedCall {
  readonly name: string
  readonly path: string | undefined
}

/** Lets the n-th call fail. Any number of faulty systems may share a plan: they are counted together. */
export class FaultPlan {
  readonly #options: FaultPlanOptions
  readonly #errno: number
  #seen = 0
  #failed: FailedCall | undefined

  /** @throws RangeError for an errno that Linux does not have */
  constructor(options: FaultPlanOptions) {
    const errno = (constants.errno as Readonly<Record<string, number>>)[options.code]
    if (errno === undefined) throw new RangeError(`no errno ${options.code}`)
    this.#options = options
    this.#errno = errno
  }

  /** How many calls were counted. */
  get seen(): number {
    return this.#seen
  }

  /** The first call that failed; undefined as long as none has. */
  get failed(): FailedCall | undefined {
    return this.#failed
  }

  /** Counts a call that is about to be made. A call that is to fail throws and must not be made. */
  enter(name: string, path: string | undefined): void {
    const { nth, calls, within, isLasting = false } = this.#options
    if (calls !== undefined && !calls.includes(name)) return
    if (within !== undefined && path !== undefined && !isBelow(path, within)) return
    this.#seen++
    if (nth === undefined || this.#seen < nth || (this.#seen > nth && !isLasting)) return
    this.#failed ??= { name, path }
    throw systemError(this.#errno, name, { path })
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}
