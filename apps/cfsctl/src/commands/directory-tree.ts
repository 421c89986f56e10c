import { bootTransform, directoryPolicyFiles, transformTree } from '@composefs/oci'
import { type ObjectStore, scanDirectory } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import type { OptionValues } from '../command.ts'
import type { Context } from '../context.ts'
import { system } from '../repository/platform.ts'
import type { directoryOptions } from './shared-options.ts'

export type DirectoryOptions = OptionValues<typeof directoryOptions>

/** Reads a directory as the tree of a container image; its large files go to `objects`. */
export async function readDirectoryTree(
  path: string,
  objects: ObjectStore,
  { options, context }: { readonly options: DirectoryOptions; readonly context: Context },
): Promise<FileTree> {
  const { signal, console } = context
  const tree = await scanDirectory(path, { objects, system, signal })
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
