import type { Repository } from '@composefs/repository'
import type { Context } from '../context.ts'
import { isCliError } from '../errors/cli-error.ts'
import { openChosen } from './open.ts'

/** A repository that is opened when it is asked for, and may be missing unless it was named. */
export class OptionalRepository {
  readonly #context: Context
  current: Promise<Repository | undefined> = Promise.resolve(undefined)
  #isAsked = false

  constructor(context: Context) {
    this.#context = context
  }

  open(): Promise<Repository | undefined> {
    if (!this.#isAsked) this.current = this.#open()
    this.#isAsked = true
    return this.current
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const repository = await this.current.catch(() => undefined)
    await repository?.close()
  }

  async #open(): Promise<Repository | undefined> {
    const { globals } = this.#context
    if (globals['no-repo']) return undefined
    try {
      return await openChosen(this.#context)
    } catch (error) {
      const isNamed = globals.repo !== undefined || globals.user || globals.system
      const isMissing =
        isCliError(error) &&
        (error.code === 'repository-not-found' || error.code === 'metadata-missing')
      if (isMissing && !isNamed) return undefined
      throw error
    }
  }
}
