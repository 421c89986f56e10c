import { ContentCode, DEPTH_MAX, ROOT } from '@composefs/tree'
import { Listing } from './listing.ts'
import { isWhiteout, limitError, type Node, type SourceTree } from './source-tree.ts'
import { STUB_COUNT } from './stubs.ts'

/** The inodes of an image in the order in which they are written. */
export interface InodeOrder {
  /** Inodes of the image, stubs included. */
  readonly count: number
  /** What each inode of the image is. */
  readonly nodes: Uint32Array
  /** Where each node is among them. */
  readonly numbers: Uint32Array
  /** 1 for directories of the tree that hold a whiteout, in V0 and V1 only. */
  readonly holdsWhiteout: Uint8Array
}

const UNNUMBERED = 0xffff_ffff

/**
 * Numbers the inodes: depth first in V2, breadth first in V0 and V1.
 *
 * @throws ErofsError ERR_EROFS_LIMIT for a directory that is too deep
 */
export function orderInodes(source: SourceTree): InodeOrder {
  const { view, stubs } = source
  const order = {
    count: view.inodeCount + stubs.length,
    nodes: new Uint32Array(view.inodeCount + stubs.length),
    numbers: new Uint32Array(view.inodeLimit + (stubs.length > 0 ? STUB_COUNT : 0)),
    holdsWhiteout: new Uint8Array(source.isOld ? view.inodeLimit : 0),
  }
  order.numbers.fill(UNNUMBERED)
  if (source.isOld) orderBreadthFirst(source, order)
  else orderDepthFirst(source, order)
  return order
}

function orderDepthFirst(source: SourceTree, { nodes, numbers }: InodeOrder): void {
  let count = 0
  nodes[count++] = ROOT
  numbers[ROOT] = 0
  visitDepthFirst(source, (_, inode) => {
    if (numbers[inode] !== UNNUMBERED) return
    numbers[inode] = count
    nodes[count++] = inode
  })
}

/** The array of nodes is its own queue: directories leave it in the order in which they got their numbers. */
function orderBreadthFirst(source: SourceTree, order: InodeOrder): void {
  const { view } = source
  const { nodes, numbers, holdsWhiteout } = order
  const { content, nameInode, nlink } = view
  const canonical = canonicalNames(source)
  const listing = new Listing(source)
  let count = 0
  const append = (node: Node) => {
    numbers[node] = count
    nodes[count++] = node
  }
  append(ROOT)
  let depth = 0
  let levelEnd = 1
  for (let i = 0; i < count; i++) {
    if (i === levelEnd) {
      depth++
      levelEnd = count
    }
    const directory = nodes[i] as number
    if (directory >= view.inodeLimit || content[directory] !== ContentCode.directory) continue
    if (depth > DEPTH_MAX) throw tooDeep(source, directory)
    listing.fill(directory)
    const { length, names } = listing
    for (let n = 0; n < length; n++) {
      const name = names[n] as number
      if (name >= view.nameLimit) {
        if (!listing.isDot(name)) append(listing.node(name))
        continue
      }
      const inode = nameInode[name] as number
      if (content[inode] === ContentCode.directory || nlink[inode] === 1) append(inode)
      else if (canonical[inode] === name) append(inode)
      if (isWhiteout(view, inode)) holdsWhiteout[directory] = 1
    }
  }
}

/** The first name, depth first, of each leaf with several names: there V0 and V1 number it. */
function canonicalNames(source: SourceTree): Uint32Array {
  const { view } = source
  if (!view.hasLinks) return new Uint32Array(0)
  const canonical = new Uint32Array(view.inodeLimit)
  visitDepthFirst(source, (name, inode) => {
    if (canonical[inode] === 0) canonical[inode] = name
  })
  return canonical
}

/** Every name below the root, depth first. No recursion: depth is up to whoever wrote the tree. */
function visitDepthFirst(source: SourceTree, visit: (name: number, inode: number) => void): void {
  const { content, firstName, nameInode, nextName } = source.view
  const pending = new Uint32Array(DEPTH_MAX + 1)
  let depth = 0
  pending[0] = firstName[ROOT] as number
  while (depth >= 0) {
    const name = pending[depth] as number
    if (name === 0) {
      depth--
      continue
    }
    pending[depth] = nextName[name] as number
    const inode = nameInode[name] as number
    visit(name, inode)
    if (content[inode] !== ContentCode.directory) continue
    if (++depth > DEPTH_MAX) throw tooDeep(source, inode)
    pending[depth] = firstName[inode] as number
  }
}

function tooDeep(source: SourceTree, directory: number) {
  return limitError(source, directory, `more than ${DEPTH_MAX} directories deep`)
}
