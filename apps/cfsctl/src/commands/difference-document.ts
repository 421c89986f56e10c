import type { ComparedPair } from '@composefs/oci'
import type { FileTree, Inode, TreeDifference } from '@composefs/tree'
import type { Json } from '../output/result.ts'
import { inodeDocument, textFields } from './tree-entries.ts'

/** A difference for programs: what is at the path on both sides. */
export function differenceDocument({ a, b }: ComparedPair, difference: TreeDifference): Json {
  const { change, inA, inB, linkA, linkB, parts, path } = difference
  return {
    ...textFields('path', path),
    change,
    parts,
    a: sideDocument(a.tree, inA, linkA),
    b: sideDocument(b.tree, inB, linkB),
  }
}

function sideDocument(
  tree: FileTree,
  inode: Inode | undefined,
  link: Uint8Array | undefined,
): Json {
  if (inode === undefined) return null
  return { ...inodeDocument(tree, inode), ...textFields('hard_link_to', link) }
}
