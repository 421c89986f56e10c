import { Digest } from '@composefs/fsverity'
import { buildTree, openImageConfig } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../errors/cli-error.ts'
import type { ociDump } from './dump.ts'

/** Makes the tree of a stored image from its layers. */
export async function imageTree(
  repository: Repository,
  args: Args<typeof ociDump>,
  { console, signal }: Context,
): Promise<FileTree> {
  const verity = args.verity === undefined ? undefined : parseId(repository, args.verity)
  const config = await openImageConfig(repository, args.image, verity)
  return await buildTree(repository, config, {
    xattrs: args.xattrs ?? 'allowlist-only',
    bootable: args.bootable,
    strict: args.strict,
    onWarning: ({ message }) => console.warning(message),
    onNotice: message => console.notice(message),
    signal,
  })
}

/** @throws CliError invalid-digest for what is no id of the repository's hash */
export function parseId({ algorithm }: Repository, text: string): Digest {
  const digest = Digest.parse(text) ?? Digest.fromHex(text)
  if (digest?.algorithm === algorithm) return digest
  throw new CliError('invalid-digest', `not a ${algorithm.name} id: ${text}`)
}
