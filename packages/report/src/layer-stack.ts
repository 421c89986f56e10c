import type { Algorithm } from '@composefs/fsverity'
import { LayerMerger, type MergedLayer, type TarEntry, transformTree } from '@composefs/oci'
import { ContentCode, type FileTree } from '@composefs/tree'
import type { ObjectTable } from './object-table.ts'
import { Outline } from './outline.ts'
import type { HiddenEntry } from './report.ts'

/** What is in a layer of a stack. */
export interface StackedLayer {
  readonly diffId: string
  readonly outline: Outline
  readonly files: number
  readonly bytes: number
  /** What the finished tree does not show. */
  readonly hiddenBytes: number
}

/** Hidden entries of a stack; layers by their place in it. */
export type StackHidden = Omit<HiddenEntry, 'image'>

/** What came of a stack. */
export interface MergedStack {
  /** The tree of the image. */
  readonly tree: FileTree
  readonly layers: readonly StackedLayer[]
  /** The largest first. */
  readonly hidden: readonly StackHidden[]
}

interface OpenLayer {
  readonly diffId: string
  readonly outline: Outline
  files: number
  bytes: number
  hiddenBytes: number
}

/**
 * Merges the layers of an image as it is made, and keeps the account of each file: which layer brought it, and which
 * one hid it again. A file is hidden when the last of its names is gone, so what a hard link saves is not hidden.
 */
export class LayerStack {
  readonly #merger: LayerMerger
  readonly #objects: ObjectTable
  readonly #layers: OpenLayer[] = []
  /** By inode of the merged tree: the layer plus one that brought its content; 0 for none. */
  #broughtBy = new Uint32Array(1024)
  /** By inode: its node in the outline of that layer. */
  #nodes = new Uint32Array(1024)
  #sizes = new Float64Array(1024)
  /** Inodes with content, in the order in which they came. */
  #shown: number[] = []
  readonly #hidden = new Map<string, Mutable<StackHidden>>()

  constructor(algorithm: Algorithm, objects: ObjectTable) {
    this.#merger = new LayerMerger(algorithm)
    this.#objects = objects
  }

  /** Entries from now on are of this layer. */
  beginLayer(layer: Pick<MergedLayer, 'diffId'>): void {
    this.#account('layer')
    const { algorithm } = this.#merger.tree
    this.#merger.beginLayer({ index: this.#layers.length, diffId: layer.diffId })
    const outline = new Outline(algorithm)
    this.#layers.push({ diffId: layer.diffId, outline, files: 0, bytes: 0, hiddenBytes: 0 })
  }

  /** @throws OciError what LayerMerger throws */
  apply(entry: TarEntry): void {
    const inode = this.#merger.apply(entry)
    if (entry.kind !== 'regular' || inode === undefined) return
    const layer = this.#layers.at(-1) as OpenLayer // the merger has refused an entry without
    const path = withoutDots(entry.path)
    const { content, size } = entry
    const object =
      content?.kind === 'external' ? this.#objects.intern(content.digest.bytes, size) : undefined
    const node = layer.outline.at(path)
    layer.outline.addFile(node, size, object)
    layer.files++
    layer.bytes += size
    this.#makeRoom(inode)
    this.#broughtBy[inode] = this.#layers.length
    this.#nodes[inode] = node
    this.#sizes[inode] = size
    this.#shown.push(inode)
  }

  /** The tree as the image has it: merged, and transformed as every image is. */
  finish(): MergedStack {
    this.#account('layer')
    const tree = this.#merger.finish()
    transformTree(tree, { xattrs: 'allowlist-only' })
    this.#account('image')
    const hidden = [...this.#hidden.values()].sort((a, b) => b.bytes - a.bytes)
    return { tree, layers: this.#layers, hidden }
  }

  /** The layer that brought the content of an inode of the finished tree. */
  layerOf(inode: number): number | undefined {
    const layer = this.#broughtBy[inode] ?? 0
    return layer === 0 ? undefined : layer - 1
  }

  /** Finds what the last layer, or the making of the image, has hidden. */
  #account(by: 'layer' | 'image'): void {
    const { tree } = this.#merger
    const { content } = tree.view()
    const gone = this.#shown.filter(inode => content[inode] === ContentCode.removed)
    if (gone.length === 0) return
    this.#shown = this.#shown.filter(inode => content[inode] !== ContentCode.removed)
    const topmost = new TopmostMissing(tree)
    for (const inode of gone) this.#hide(inode, by, topmost)
  }

  #hide(inode: number, by: 'layer' | 'image', topmost: TopmostMissing): void {
    const index = (this.#broughtBy[inode] as number) - 1
    const layer = this.#layers[index] as OpenLayer
    const node = this.#nodes[inode] as number
    const bytes = this.#sizes[inode] as number
    layer.outline.hide(node, bytes)
    layer.hiddenBytes += bytes
    const hider = by === 'image' ? undefined : this.#layers.length - 1
    const top = topmost.find(layer.outline, node)
    const key = `${index} ${hider} ${top ?? `=${node}`}`
    const known = this.#hidden.get(key)
    if (known !== undefined) {
      known.files++
      known.bytes += bytes
      return
    }
    this.#hidden.set(key, {
      path: layer.outline.path(top ?? node),
      layer: index,
      by: hider,
      how: by === 'image' ? 'emptied' : top === undefined ? 'replaced' : 'removed',
      files: 1,
      bytes,
    })
  }

  #makeRoom(inode: number): void {
    if (inode < this.#sizes.length) return
    const length = Math.max(inode + 1, this.#sizes.length * 2)
    const broughtBy = new Uint32Array(length)
    broughtBy.set(this.#broughtBy)
    this.#broughtBy = broughtBy
    const nodes = new Uint32Array(length)
    nodes.set(this.#nodes)
    this.#nodes = nodes
    const sizes = new Float64Array(length)
    sizes.set(this.#sizes)
    this.#sizes = sizes
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Finds, of a path that is gone, the topmost directory that is gone with it. */
class TopmostMissing {
  readonly #tree: FileTree
  /** By outline and node: whether the tree has the path. */
  readonly #isThere = new Map<Outline, Map<number, boolean>>()

  constructor(tree: FileTree) {
    this.#tree = tree
  }

  /** Undefined when something else has the path. */
  find(outline: Outline, node: number): number | undefined {
    let missing: number | undefined
    for (let at = node; at !== 0 && !this.#has(outline, at); at = outline.parent(at)) missing = at
    return missing
  }

  #has(outline: Outline, node: number): boolean {
    const known = this.#isThere.get(outline) ?? new Map<number, boolean>()
    if (known.size === 0) this.#isThere.set(outline, known)
    let isThere = known.get(node)
    if (isThere === undefined) {
      isThere = this.#tree.lookupPath(outline.path(node)) !== undefined
      known.set(node, isThere)
    }
    return isThere
  }
}

const DOT = 0x2e
const SLASH = 0x2f

/** The path without components that are one dot, which the merger skips and a look-up does not. */
function withoutDots(path: Uint8Array): Uint8Array {
  if (!hasDots(path)) return path
  const parts: number[] = []
  for (let at = 0; at < path.length; ) {
    let end = path.indexOf(SLASH, at)
    if (end === -1) end = path.length
    const isDot = end === at + 1 && path[at] === DOT
    if (end > at && !isDot) parts.push(SLASH, ...path.subarray(at, end))
    at = end + 1
  }
  return Uint8Array.from(parts)
}

function hasDots(path: Uint8Array): boolean {
  for (let at = path.indexOf(DOT); at !== -1; at = path.indexOf(DOT, at + 1)) {
    const isStart = at === 0 || path[at - 1] === SLASH
    if (isStart && (at + 1 === path.length || path[at + 1] === SLASH)) return true
  }
  return false
}
