import type { Algorithm } from '@composefs/fsverity'
import { type ComparedPair, openPair } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { Context } from '../context.ts'
import { OptionalRepository } from '../repository/optional.ts'
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
