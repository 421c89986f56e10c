import type { Algorithm } from '@composefs/fsverity'
import { bootTransform, directoryPolicyFiles, transformTree } from '@composefs/oci'
import { createCountingObjectStore, createDigestIntake, scanDirectory } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import type { OptionValues } from '../command.ts'
import type { Context } from '../context.ts'
import { objectHelpers } from '../repository/object-threads.ts'
import { hashing, system } from '../repository/platform.ts'
import type { ContentTarget } from '../repository/tally-objects.ts'
import type { directoryOptions } from './shared-options.ts'

export type DirectoryOptions = OptionValues<typeof directoryOptions>

export interface ReadOptions {
  readonly options: DirectoryOptions
  readonly context: Context
}

/** Like `readDirectoryTree`, but its files go nowhere: their digests are all that is wanted. */
export async function hashDirectoryTree(
  path: string,
  algorithm: Algorithm,
  options: ReadOptions,
): Promise<FileTree> {
  const helpers = objectHelpers(options.context.globals.jobs)
  const intake = createDigestIntake({ algorithm, hashing, helpers })
  await using _slots = intake.slots
  const objects = createCountingObjectStore(algorithm, hashing)
  return await readDirectoryTree(path, { objects, intake }, options)
}

/** Reads a directory as the tree of a container image; its large files go to `target`. */
export async function readDirectoryTree(
  path: string,
  target: ContentTarget,
  { options, context }: ReadOptions,
): Promise<FileTree> {
  const { signal, console } = context
  const tree = await scanDirectory(path, { ...target, system, signal })
  if (!options['no-propagate-usr-to-root']) {
    const onNotice = (notice: string) => console.notice(notice)
    transformTree(tree, { xattrs: options.xattrs ?? 'allowlist-only', onNotice })
  }
  if (options.bootable) {
    const policyFiles = directoryPolicyFiles(path)
    bootTransform(tree, { readFile: () => undefined, policyFiles })
  }
  return tree
}
