import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy'
import type { ViewTree } from './view-tree.ts'

/** Levels that are drawn below the directory that is looked at. */
const LEVELS = 4
/** Height of the line with a directory's name, in pixels. */
export const HEAD = 20
const PADDING = 3
/** Smaller cells are left to the colour of what they are in. */
const SIDE_MIN = 5
/** A directory below this size is drawn without what is in it. */
const OPEN_WIDTH_MIN = 46
const OPEN_HEIGHT_MIN = 40

/** What the files that are not listed are drawn as. */
export const REST = -1

/** A rectangle of the map. */
export interface Cell {
  /** A node, or REST for what its parent has beside its listed children. */
  readonly node: number
  /** The node it is in. */
  readonly parent: number
  /** 1 for what is in the directory that is looked at. */
  readonly depth: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** What is in it is drawn too. */
  readonly isOpen: boolean
  /** Its colour: a place in the palette, undefined for none. */
  readonly hue: number | undefined
}

interface Item {
  readonly node: number
  readonly parent: number
  readonly depth: number
  readonly bytes: number
}

/** Lays out what is in a node, level by level; what is in a cell comes after it. */
export function layOut(tree: ViewTree, root: number, width: number, height: number): Cell[] {
  const top = { node: root, parent: root, depth: 0, bytes: 0 }
  const data = hierarchy<Item>(top, item => childItems(tree, item)).sum(({ bytes }) => bytes)
  const laidOut = treemap<Item>()
    .tile(treemapSquarify.ratio(1.4))
    .size([width, height])
    .round(true)
    .paddingInner(2)
    .paddingOuter(node => (node.depth === 0 ? 0 : PADDING))
    .paddingTop(node => (node.depth === 0 ? 0 : HEAD))(data)
  const hueOf = hues(tree, root)
  const cells: Cell[] = []
  const pending = [...(laidOut.children ?? [])]
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const cellWidth = next.x1 - next.x0
    const cellHeight = next.y1 - next.y0
    if (cellWidth < SIDE_MIN || cellHeight < SIDE_MIN) continue
    const { node, parent } = next.data
    const isOpen =
      next.children !== undefined && cellWidth >= OPEN_WIDTH_MIN && cellHeight >= OPEN_HEIGHT_MIN
    cells.push({
      node,
      parent,
      depth: next.depth,
      x: next.x0,
      y: next.y0,
      width: cellWidth,
      height: cellHeight,
      isOpen,
      hue: hueOf(node === REST ? parent : node),
    })
    if (isOpen) pending.push(...(next.children ?? []))
  }
  return cells
}

/** The children of a node that are drawn; undefined when it is drawn as one. */
function childItems(tree: ViewTree, { node, depth }: Item): Item[] | undefined {
  if (node === REST || !drawsChildren(tree, node, depth)) return undefined
  const children = tree.children(node).map(child => ({
    node: child,
    parent: node,
    depth: depth + 1,
    // What its own children have is counted with them.
    bytes: drawsChildren(tree, child, depth + 1) ? 0 : tree.bytes(child),
  }))
  const { bytes } = tree.rest(node)
  const rest = { node: REST, parent: node, depth: depth + 1, bytes }
  return bytes > 0 ? [...children, rest] : children
}

function drawsChildren(tree: ViewTree, node: number, depth: number): boolean {
  if (depth >= LEVELS || tree.isFile(node)) return false
  return depth === 0 || tree.children(node).length > 0
}

/** Places in the palette. */
const HUES = 8
/** What has this part of a directory hides what else is in it: colours tell apart what is in that. */
const DOMINANT = 0.72

/**
 * The colour of each node: one for each of the largest directories where the map begins to branch, so that an image
 * that is nearly all /usr has more than one.
 */
function hues(tree: ViewTree, root: number): (node: number) => number | undefined {
  let branching = root
  for (;;) {
    const [largest] = tree.children(branching)
    if (largest === undefined || tree.isFile(largest)) break
    if (tree.bytes(largest) < DOMINANT * tree.bytes(branching)) break
    branching = largest
  }
  const byNode = new Map<number, number>()
  const spine = tree.way(branching)
  for (const node of spine.slice(spine.indexOf(root))) {
    for (const child of tree.children(node)) {
      if (byNode.size < HUES && !spine.includes(child)) byNode.set(child, byNode.size)
    }
    if (node !== branching) byNode.clear()
  }
  return node => {
    for (let at = node; ; at = tree.parent(at)) {
      const hue = byNode.get(at)
      if (hue !== undefined) return hue
      if (at === root || at === 0) return undefined
    }
  }
}
