import { openImage } from '@composefs/erofs'
import { fsverityDigest } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'

/** An image that has been checked as a whole. */
export interface ShownImage {
  readonly tree: FileTree
  /** Names and values, in order. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** @throws ErofsError for anything that is no composefs image */
export function readImage(bytes: Uint8Array): ShownImage {
  const image = openImage(bytes)
  const tree = image.toTree()
  const { algorithm } = tree
  return {
    tree,
    facts: [
      ['Id', fsverityDigest(bytes, { algorithm }).hex],
      ['Hash', algorithm.name],
      ['Format', `EROFS V${image.version}`],
      ['Size', `${bytes.length} bytes`],
      ['Inodes', String(tree.inodeCount)],
      ['Objects', String(image.objects().length)],
    ],
  }
}
