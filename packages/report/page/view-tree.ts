import type { PackedView } from '../src/page/page-data.ts'

/** A view as a tree of numbers: nodes as in the report, the root being 0. */
export class ViewTree {
  readonly view: PackedView
  /** First child of each node; children stand side by side. */
  readonly #first: Int32Array
  readonly #count: Int32Array
  readonly #hidden = new Map<number, number>()

  constructor(view: PackedView) {
    this.view = view
    const { parents, hidden } = view
    this.#first = new Int32Array(parents.length)
    this.#count = new Int32Array(parents.length)
    for (let node = parents.length - 1; node > 0; node--) {
      const parent = parents[node] as number
      this.#first[parent] = node
      this.#count[parent] = (this.#count[parent] ?? 0) + 1
    }
    for (let i = 0; i < hidden.length; i += 2) {
      this.#hidden.set(hidden[i] as number, hidden[i + 1] as number)
    }
  }

  get size(): number {
    return this.view.names.length
  }

  name(node: number): string {
    return this.view.names[node] ?? ''
  }

  bytes(node: number): number {
    return this.view.bytes[node] ?? 0
  }

  files(node: number): number {
    return this.view.files[node] ?? 0
  }

  hidden(node: number): number {
    return this.#hidden.get(node) ?? 0
  }

  parent(node: number): number {
    return this.view.parents[node] ?? 0
  }

  isFile(node: number): boolean {
    return this.view.kinds[node] === 'f'
  }

  isGroup(node: number): boolean {
    return this.view.kinds[node] === 'g'
  }

  /** The listed children, the largest first. */
  children(node: number): number[] {
    const first = this.#first[node] ?? 0
    return Array.from({ length: this.#count[node] ?? 0 }, (_, i) => first + i)
  }

  /** What a node has beyond its listed children: files too small for the list. */
  rest(node: number): { bytes: number; files: number } {
    if (this.isFile(node)) return { bytes: 0, files: 0 }
    let bytes = this.bytes(node)
    let files = this.files(node)
    for (const child of this.children(node)) {
      bytes -= this.bytes(child)
      files -= this.files(child)
    }
    return { bytes, files }
  }

  /** The nodes from the root to a node. */
  way(node: number): number[] {
    const way = [node]
    for (let at = node; at !== 0; ) {
      at = this.parent(at)
      way.unshift(at)
    }
    return way
  }

  /** The largest listed files below a node. */
  largestFiles(node: number, max: number): number[] {
    const files: number[] = []
    const pending = this.children(node)
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.isFile(next)) files.push(next)
      else pending.push(...this.children(next))
    }
    return files.sort((a, b) => this.bytes(b) - this.bytes(a) || a - b).slice(0, max)
  }

  /** The path of a node; below a group, the path in that group behind its name. */
  path(node: number): string {
    const way = this.way(node).slice(1)
    const [first] = way
    const isGrouped = first !== undefined && this.isGroup(first)
    const path = `/${(isGrouped ? way.slice(1) : way).map(at => this.name(at)).join('/')}`
    return isGrouped ? `${this.name(first)}: ${path}` : path
  }
}
