import type { Algorithm } from '@composefs/fsverity'
import { type ComparedPair, openPair } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { Context } from '../context.ts'
import { isCliError } from '../errors/cli-error.ts'
import { openChosen } from '../repository/open.ts'
import { hashing } from '../repository/platform.ts'
import { type DirectoryOptions, hashDirectoryTree } from './directory-tree.ts'
import { algorithmWithoutRepository } from './unopened-repository.ts'

interface Words {
  readonly a: string
  readonly b: string
}

/** Opens what two words name, and the repository only where one of them may name something in it. */
export async function withPair<T>(
  args: Words & DirectoryOptions,
  context: Context,
  work: (pair: ComparedPair, repository: Repository | undefined) => T | Promise<T>,
  { withImages = false }: { readonly withImages?: boolean } = {},
): Promise<T> {
  const { console, signal } = context
  await using opened = new OptionalRepository(context)
  const pair = await openPair([args.a, args.b], {
    openRepository: () => opened.open(),
    algorithm: algorithmWithoutRepository(context),
    hashing,
    withImages,
    readDirectory: (path: string, algorithm: Algorithm) =>
      hashDirectoryTree(path, algorithm, { options: args, context }),
    xattrs: args.xattrs,
    bootable: args.bootable,
    onWarning: message => console.warning(message),
    onNotice: message => console.notice(message),
    signal,
  })
  return await work(pair, await opened.current)
}

/** A repository that may be missing, unless it was named. */
class OptionalRepository {
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
