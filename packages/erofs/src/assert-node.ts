import { SIZE_MAX } from '@composefs/tree'
import { inlineMax, symlinkMax } from './limits.ts'
import { Shape } from './shape.ts'
import { isWhiteout, limitError, type Node, type SourceTree } from './source-tree.ts'

/**
 * Checks what a tree may hold but an image of this version may not. Names, xattrs, owners, times and device numbers
 * are within their limits in every tree; xattr areas and depth are checked where they are computed.
 *
 * @throws ErofsError ERR_EROFS_LIMIT
 */
export function assertNode(source: SourceTree, node: Node, shape: Shape): void {
  const { version, view } = source
  if (node >= view.inodeLimit || shape === Shape.directory) return
  const size = view.size[node] as number
  if (shape === Shape.inline) {
    if (size > inlineMax(version)) throw tooLong(source, node, inlineMax(version))
  } else if (shape === Shape.symlink) {
    if (size > symlinkMax(version)) throw tooLong(source, node, symlinkMax(version))
  } else if (shape === Shape.chunks) {
    if (size > SIZE_MAX) throw tooLong(source, node, SIZE_MAX)
  } else if (view.nlink[node] !== 1 && isWhiteout(view, node)) {
    throw limitError(source, node, 'a whiteout with several names')
  }
}

function tooLong(source: SourceTree, node: Node, limit: number) {
  const { version, view } = source
  const actual = view.size[node] as number
  const kind = source.tree.kind(node) === 'symlink' ? 'a symlink target' : 'a file'
  const problem = `${kind} of ${actual} bytes, more than V${version} images hold`
  return limitError(source, node, problem, { expected: `at most ${limit}`, actual })
}
