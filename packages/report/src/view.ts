import type { Name } from './name.ts'
import type { Outline } from './outline.ts'

/** Most nodes of one view: enough for all that can be seen on a screen, a few hundred KiB on a page. */
export const VIEW_NODES_MAX = 12_000

/** What a view divides its bytes by first. */
export type ViewKind = 'directory' | 'layer' | 'sharing'

/** What a node is. A group is a layer, or a set of images. */
export type NodeKind = 'directory' | 'file' | 'group'

/** One node of a view. */
export interface ViewNode {
  readonly name: Name
  /** Index of the node it is in, smaller than its own; the root is in itself. */
  readonly parent: number
  readonly kind: NodeKind
  /** Bytes of content, with everything below. */
  readonly bytes: number
  /** The part of them that does not show in the image. */
  readonly hiddenBytes: number
  /** Files, with everything below. */
  readonly files: number
}

/**
 * Bytes as a tree: the root first, the children of a node side by side, the largest first. What a directory has more
 * than its children together are files that are too small to be listed.
 */
export interface View {
  readonly kind: ViewKind
  readonly nodes: readonly ViewNode[]
  /** Nodes with bytes that are not listed. */
  readonly omitted: number
}

/** One part of a view: a layer, a set of images. Without a name its nodes stand below the root. */
export interface ViewGroup {
  readonly name?: Name
  readonly outline: Outline
}

interface Entry {
  readonly group: ViewGroup
  readonly totals: Totals
  readonly node: number
}

/**
 * Makes the view of some outlines: the `max` largest nodes. Nothing is as large as what it is in, or it comes after
 * it, so with a node everything above it is there.
 */
export function makeView(
  kind: ViewKind,
  groups: readonly ViewGroup[],
  max: number = VIEW_NODES_MAX,
): View {
  const all = groups.map(group => ({ group, totals: totalsOf(group.outline) }))
  const { kept, omitted } = largestNodes(all, max)
  const root: ViewNode = {
    name: new Uint8Array(0),
    parent: 0,
    kind: 'directory',
    bytes: sum(all.map(({ totals }) => totals.bytes[0] ?? 0)),
    hiddenBytes: sum(all.map(({ totals }) => totals.hidden[0] ?? 0)),
    files: sum(all.map(({ totals }) => totals.files[0] ?? 0)),
  }
  return { kind, nodes: [root, ...inOrder(kept)], omitted }
}

interface Totals {
  readonly bytes: Float64Array
  readonly hidden: Float64Array
  readonly files: Uint32Array
  readonly hasChildren: Uint8Array
}

/** What each node has with everything below it: children have larger numbers than what they are in. */
function totalsOf(outline: Outline): Totals {
  const { size } = outline
  const bytes = new Float64Array(size)
  const hidden = new Float64Array(size)
  const files = new Uint32Array(size)
  const hasChildren = new Uint8Array(size)
  for (let node = size - 1; node >= 0; node--) {
    add(bytes, node, outline.bytes(node))
    add(hidden, node, outline.hidden(node))
    add(files, node, outline.files(node))
    if (node === 0) break
    const parent = outline.parent(node)
    add(bytes, parent, bytes[node] as number)
    add(hidden, parent, hidden[node] as number)
    add(files, parent, files[node] as number)
    hasChildren[parent] = 1
  }
  return { bytes, hidden, files, hasChildren }
}

function largestNodes(
  all: readonly { readonly group: ViewGroup; readonly totals: Totals }[],
  max: number,
): { kept: Entry[]; omitted: number } {
  const offsets: number[] = []
  let count = 0
  for (const { totals } of all) {
    offsets.push(count)
    count += totals.bytes.length
  }
  const bytes = new Float64Array(count)
  for (const [i, { totals }] of all.entries()) bytes.set(totals.bytes, offsets[i])
  const order = new Uint32Array(count)
  let used = 0
  for (const [i, { group, totals }] of all.entries()) {
    // The root of an outline without a name is the root of the view.
    const first = group.name === undefined ? 1 : 0
    for (let node = first; node < totals.bytes.length; node++) {
      if ((totals.bytes[node] as number) > 0) order[used++] = (offsets[i] as number) + node
    }
  }
  const sorted = order
    .subarray(0, used)
    .sort((a, b) => (bytes[b] as number) - (bytes[a] as number) || a - b)
  const kept = Array.from(sorted.subarray(0, Math.max(0, max - 1)), index => {
    let i = all.length - 1
    while ((offsets[i] as number) > index) i--
    const { group, totals } = all[i] as (typeof all)[number]
    return { group, totals, node: index - (offsets[i] as number) }
  })
  return { kept, omitted: used - kept.length }
}

/** The nodes level by level; those of one directory keep their order. */
function inOrder(kept: readonly Entry[]): ViewNode[] {
  const names = new Map<Outline, (node: number) => Name>()
  const children = new Map<string, Entry[]>()
  const groups = new Map<ViewGroup, number>()
  for (const entry of kept) {
    const { group, node } = entry
    if (!groups.has(group)) groups.set(group, groups.size)
    const parent = node === 0 ? undefined : group.outline.parent(node)
    const isTop = parent === undefined || (parent === 0 && group.name === undefined)
    const key = isTop ? 'top' : `${groups.get(group)}:${parent}`
    const siblings = children.get(key)
    if (siblings === undefined) children.set(key, [entry])
    else siblings.push(entry)
  }
  const nodes: ViewNode[] = []
  const pending: { key: string; index: number }[] = [{ key: 'top', index: 0 }]
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    for (const { group, totals, node } of children.get(next.key) ?? []) {
      const nameOf = names.get(group.outline) ?? group.outline.names()
      names.set(group.outline, nameOf)
      pending.push({ key: `${groups.get(group)}:${node}`, index: nodes.length + 1 })
      nodes.push({
        name: node === 0 ? (group.name ?? nameOf(node)) : nameOf(node).slice(),
        parent: next.index,
        kind: node === 0 ? 'group' : totals.hasChildren[node] === 1 ? 'directory' : 'file',
        bytes: totals.bytes[node] as number,
        hiddenBytes: totals.hidden[node] as number,
        files: totals.files[node] as number,
      })
    }
  }
  return nodes
}

function add(column: Float64Array | Uint32Array, index: number, value: number): void {
  column[index] = (column[index] as number) + value
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
