import { imageDigest } from '@composefs/erofs'
import type { Hashing } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import { bootTransform } from '../boot/boot-transform.ts'
import { transformTree } from '../tree/transform.ts'
import type { XattrMode } from '../xattr-mode.ts'
import type { DigestsOptions, ImageId } from './digests-options.ts'
import type { PolicyContents } from './policy-contents.ts'

export interface ImageIdsOptions {
  readonly versions: NonNullable<DigestsOptions['versions']>
  readonly xattrs: XattrMode
  readonly hashing: Hashing
  /** Where the boot variants are wanted, too. */
  readonly policy: PolicyContents | undefined
  onNotice(message: string): void
}

/** The ids of the images that are made of a merged tree, which is used up. */
export function imageIds(tree: FileTree, options: ImageIdsOptions): ImageId[] {
  const { xattrs, onNotice, policy } = options
  transformTree(tree, { xattrs, onNotice })
  const plain = idsOf(tree, false, options)
  if (policy === undefined) return plain
  bootTransform(tree, { readFile: inode => policy.read(tree, inode) })
  const bootable = idsOf(tree, true, options)
  return options.versions.flatMap(version =>
    [...plain, ...bootable].filter(({ erofsVersion }) => erofsVersion === version),
  )
}

function idsOf(tree: FileTree, bootable: boolean, options: ImageIdsOptions): ImageId[] {
  const { versions, xattrs, hashing } = options
  const { algorithm } = tree
  return versions.map(version => ({
    algorithm,
    erofsVersion: version,
    bootable,
    xattrs,
    digest: imageDigest(tree, { version, algorithm, hashing }),
  }))
}
