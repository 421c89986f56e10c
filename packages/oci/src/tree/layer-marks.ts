import type { FileTree, Inode, Metadata, NameIndex } from '@composefs/tree'

/** Metadata of a directory that no entry describes. */
export const IMPLIED_DIRECTORY: Metadata = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0n,
  mtimeNanoseconds: 0,
  xattrs: [],
}

/** A directory on the way down of `prune`. */
interface Level {
  readonly directory: Inode
  /** The name that leads to it; undefined for the one that is pruned. */
  readonly name: NameIndex | undefined
  readonly names: Generator<NameIndex, void, undefined>
  keepsNames: boolean
}

/** What a prune left of a directory. */
export interface Pruned {
  /** Names of the layer at work are in it still. */
  readonly keepsNames: boolean
  /** Directories that are there only for what is in them. */
  readonly implied: readonly Inode[]
}

/**
 * Which layer put each name of a tree, or last gave its metadata: whiteouts act on lower layers only, wherever they
 * stand in their own.
 */
export class LayerMarks {
  readonly #tree: FileTree
  #layer = 0
  /** By name: number of the layer. */
  #layers: Uint32Array = new Uint32Array(1024)
  /** By directory: the last layer in which nothing of lower ones was below it. */
  #clean: Uint32Array = new Uint32Array(1024)

  constructor(tree: FileTree) {
    this.#tree = tree
  }

  beginLayer(): void {
    this.#layer++
  }

  /** Notes that the layer at work put this name or gave its metadata. */
  mark(name: NameIndex): void {
    this.#layers = withRoom(this.#layers, name)
    this.#layers[name] = this.#layer
  }

  /** Notes that the layer at work made this directory: nothing of lower ones is in it. */
  markNew(directory: Inode): void {
    this.#clean = withRoom(this.#clean, directory)
    this.#clean[directory] = this.#layer
  }

  isOwn(name: NameIndex): boolean {
    return this.#layers[name] === this.#layer
  }

  /**
   * Takes away everything below a directory that lower layers put there. A directory of theirs that holds names of
   * the layer at work stays, as if it had been made for them.
   *
   * Directories in which nothing of lower layers is left are never looked into again for the same layer, so all
   * whiteouts of a layer together cost no more than the tree is large, however they are nested.
   */
  prune(directory: Inode): Pruned {
    const tree = this.#tree
    const implied: Inode[] = []
    if (this.#isClean(directory)) return { keepsNames: !tree.isEmpty(directory), implied }
    // No recursion: depth is up to whoever wrote the layer.
    const levels: Level[] = [this.#open(directory, undefined)]
    for (;;) {
      const level = levels[levels.length - 1] as Level // the last one returns below
      const step = level.names.next()
      if (step.done === true) {
        levels.pop()
        this.markNew(level.directory)
        const above = levels[levels.length - 1]
        if (above === undefined) return { keepsNames: level.keepsNames, implied }
        this.#settle(level, above, implied)
        continue
      }
      const name = step.value
      const inode = tree.nameInode(name)
      if (tree.isDirectory(inode)) {
        levels.push(this.#open(inode, name))
      } else if (this.isOwn(name)) {
        level.keepsNames = true
      } else {
        tree.remove(level.directory, tree.nameBytes(name))
      }
    }
  }

  /** Decides about a directory whose names are decided. */
  #settle(level: Level, above: Level, implied: Inode[]): void {
    const tree = this.#tree
    const name = level.name as NameIndex // only the pruned directory itself has none
    if (this.isOwn(name)) {
      above.keepsNames = true
    } else if (level.keepsNames) {
      above.keepsNames = true
      tree.setMetadata(level.directory, IMPLIED_DIRECTORY)
      this.mark(name)
      implied.push(level.directory)
    } else {
      tree.remove(above.directory, tree.nameBytes(name))
    }
  }

  #open(directory: Inode, name: NameIndex | undefined): Level {
    const tree = this.#tree
    if (!this.#isClean(directory)) {
      return { directory, name, names: tree.nameIndexes(directory), keepsNames: false }
    }
    return { directory, name, names: nothing(), keepsNames: !tree.isEmpty(directory) }
  }

  #isClean(directory: Inode): boolean {
    return this.#clean[directory] === this.#layer
  }
}

function* nothing(): Generator<NameIndex, void, undefined> {}

function withRoom(column: Uint32Array, index: number): Uint32Array {
  if (index < column.length) return column
  const grown = new Uint32Array(Math.max(index + 1, column.length * 2))
  grown.set(column)
  return grown
}
