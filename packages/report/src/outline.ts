import type { Algorithm } from '@composefs/fsverity'
import { FileTree, type Inode, type Metadata, ROOT } from '@composefs/tree'

const SLASH = 0x2f
const PLAIN: Metadata = {
  mode: 0,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0n,
  mtimeNanoseconds: 0,
  xattrs: [],
}

/**
 * Paths with sizes: each path once, whatever it is an entry of. A tree of directories keeps the paths, so finding one
 * costs the same however many there are and whoever chose their names.
 *
 * Nodes are numbers; 0 is the root, and a node has a larger number than the one it is in.
 */
export class Outline {
  readonly #tree: FileTree
  /** Bytes of content at each node itself, without what is below it. */
  #bytes = new Float64Array(64)
  /** The part of it that does not show. */
  #hidden = new Float64Array(64)
  #files = new Uint32Array(64)
  /** Index of the object plus one; 0 for none. */
  #objects = new Uint32Array(64)

  constructor(algorithm: Algorithm) {
    this.#tree = new FileTree(algorithm)
  }

  /** Nodes are numbered below this. */
  get size(): number {
    return this.#tree.inodeCount
  }

  /** The node of a path, made with everything above it. Empty components and `.` lead nowhere. */
  at(path: Uint8Array): number {
    let node: Inode = ROOT
    for (let at = 0; at < path.length; ) {
      let end = path.indexOf(SLASH, at)
      if (end === -1) end = path.length
      const isNothing = end === at || (end === at + 1 && path[at] === 0x2e)
      if (!isNothing) node = this.child(node, path.subarray(at, end))
      at = end + 1
    }
    return node
  }

  /** The node of a name in another one, made unless it is there. */
  child(parent: number, name: Uint8Array): number {
    const tree = this.#tree
    return tree.lookup(parent, name) ?? tree.addDirectory(parent, name, PLAIN)
  }

  /** Adds a file at a node. Several at one path add up, and the last one's object counts. */
  addFile(node: number, bytes: number, object: number | undefined): void {
    this.#makeRoom(node)
    this.#bytes[node] = this.bytes(node) + bytes
    this.#files[node] = this.files(node) + 1
    this.#objects[node] = object === undefined ? 0 : object + 1
  }

  /** Notes that some of the bytes of a node do not show. */
  hide(node: number, bytes: number): void {
    this.#makeRoom(node)
    this.#hidden[node] = this.hidden(node) + bytes
  }

  /** Bytes of the files that were added at a node itself, not below it. */
  bytes(node: number): number {
    return this.#bytes[node] ?? 0
  }

  /** Those of its bytes that the image does not show. */
  hidden(node: number): number {
    return this.#hidden[node] ?? 0
  }

  /** Files that were added at a node itself. */
  files(node: number): number {
    return this.#files[node] ?? 0
  }

  /** The object that a file is; undefined for directories and small files. */
  object(node: number): number | undefined {
    const object = this.#objects[node] ?? 0
    return object === 0 ? undefined : object - 1
  }

  /** The node that a node is in; the root is in itself. */
  parent(node: number): number {
    return this.#tree.parent(node)
  }

  /** From the root, with a leading slash. */
  path(node: number): Uint8Array {
    return this.#tree.directoryPath(node)
  }

  /** The last components of all nodes, by node. They alias the outline, until a path is added. */
  names(): (node: number) => Uint8Array {
    const { ownName, nameOffset, nameLength, nameBytes } = this.#tree.view()
    return node => {
      const name = ownName[node] as number
      const offset = nameOffset[name] as number
      return nameBytes.subarray(offset, offset + (nameLength[name] as number))
    }
  }

  #makeRoom(node: number): void {
    if (node < this.#bytes.length) return
    const length = Math.max(node + 1, this.#bytes.length * 2)
    this.#bytes = copied(this.#bytes, new Float64Array(length))
    this.#hidden = copied(this.#hidden, new Float64Array(length))
    this.#files = copied(this.#files, new Uint32Array(length))
    this.#objects = copied(this.#objects, new Uint32Array(length))
  }
}

function copied<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
