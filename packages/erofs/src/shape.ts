import { ContentCode } from '@composefs/tree'
import { isWhiteout, type Node, type SourceTree } from './source-tree.ts'

/** How an inode is stored, which decides its size, its data and its layout. */
export const Shape = {
  directory: 0,
  /** No data: empty files, fifos, sockets, and whiteouts in the form of V0 and V1. */
  empty: 1,
  device: 2,
  /** A file whose bytes are in the image. */
  inline: 3,
  symlink: 4,
  /** A file whose bytes are elsewhere or nowhere: metacopy and redirect xattrs, a table of chunks. */
  chunks: 5,
} as const

export type Shape = (typeof Shape)[keyof typeof Shape]

/** The shapes of nodes, in their order. */
export function shapesOf(source: SourceTree, nodes: Uint32Array): Uint8Array {
  const shapes = new Uint8Array(nodes.length)
  for (let number = 0; number < nodes.length; number++) {
    shapes[number] = shapeOf(source, nodes[number] as number)
  }
  return shapes
}

function shapeOf({ isOld, view }: SourceTree, node: Node): Shape {
  if (node >= view.inodeLimit) return Shape.device
  switch (view.content[node]) {
    case ContentCode.directory:
      return Shape.directory
    case ContentCode.inline:
      return view.size[node] === 0 ? Shape.empty : Shape.inline
    case ContentCode.symlink:
      return Shape.symlink
    case ContentCode.device:
      return isOld && isWhiteout(view, node) ? Shape.empty : Shape.device
    case ContentCode.none:
      return Shape.empty
    default:
      // C composefs knows no empty external file.
      return isOld && view.size[node] === 0 ? Shape.empty : Shape.chunks
  }
}
