import type { Algorithm } from '@composefs/fsverity'
import { FileTree, type Inode, isTreeError, ROOT, type TreeError } from '@composefs/tree'
import { entryText } from '../entry-text.ts'
import { inLayer, OciError, type OciErrorCode } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import { KnownParent, type PlacedName } from './known-parent.ts'
import { assertNameLength, entryContent, entryMetadata } from './layer-inode.ts'
import { IMPLIED_DIRECTORY, LayerMarks } from './layer-marks.ts'
import { type LayerPath, parseLayerPath, parseLinkTarget } from './layer-path.ts'

/**
 * Most directories that are made without an entry. Tars without directories have a few thousand; a path of 4 KiB makes
 * two thousand at once, so that a blob of a few KiB could fill the memory.
 */
const IMPLIED_MAX = 1 << 20

type PathOfEntry = LayerPath & { readonly kind: 'entry' }

/** A layer of an image. */
export interface MergedLayer {
  /** Place in the image, the lowest layer being 0. Errors and warnings count from 1. */
  readonly index: number
  readonly diffId: string
}

/** Something a layer does that is allowed but worth telling. */
export interface MergeWarning {
  readonly kind: /** A directory that no entry describes was made for what is in it. */
    | 'missing-parent'
    /** A whiteout kept what its own layer had put there before it; cfsctl removes that. */
    | 'whiteout-kept-own-layer'
  /** For people; names the layer and the entry. */
  readonly message: string
  /** Number of the layer, the lowest being 1. */
  readonly layer: number
  readonly diffId: string
  /** Path of the entry, escaped as in a dump. */
  readonly entry: string
}

/** How strict the merger is, and who is told. */
export interface LayerMergerOptions {
  /** Called for every warning. */
  onWarning?(warning: MergeWarning): void
  /** Refuse missing parent directories instead of making them. */
  readonly strict?: boolean
}

/**
 * Puts the layers of an image over each other, the lowest first.
 *
 * Whiteouts act on what lower layers put, whatever their place in their own layer, as the OCI image specification
 * demands. Symlinks are never followed.
 *
 * @example
 * const merger = new LayerMerger(SHA512)
 * merger.beginLayer({ index: 0, diffId })
 * for await (const entry of layerEntries(stream)) merger.apply(entry)
 * const tree = merger.finish()
 */
export class LayerMerger {
  readonly #tree: FileTree
  readonly #marks: LayerMarks
  readonly #knownParent = new KnownParent()
  readonly #options: LayerMergerOptions
  #layer: MergedLayer | undefined
  #implied = 0

  constructor(algorithm: Algorithm, options: LayerMergerOptions = {}) {
    this.#tree = new FileTree(algorithm)
    this.#marks = new LayerMarks(this.#tree)
    this.#options = options
  }

  /** The tree as far as it is merged: to look at between two entries, not to change. */
  get tree(): FileTree {
    return this.#tree
  }

  /** Entries from now on are of this layer. */
  beginLayer(layer: MergedLayer): void {
    this.#layer = layer
    this.#knownParent.forget()
    this.#marks.beginLayer()
  }

  /**
   * Applies the next entry of the layer.
   *
   * @returns the inode that the entry's path has in the tree now; undefined for whiteouts and bookkeeping, which are no
   *   part of it
   * @throws OciError ERR_OCI_TREE_…, with layer, diffId and entry in its facts
   */
  apply(entry: TarEntry): Inode | undefined {
    if (this.#layer === undefined) throw new TypeError('an entry before its layer')
    try {
      return this.#apply(entry)
    } catch (error) {
      this.#knownParent.forget()
      throw this.#located(error, entry)
    }
  }

  /** The merged tree. The merger is of no use afterwards. */
  finish(): FileTree {
    this.#layer = undefined
    return this.#tree
  }

  #apply(entry: TarEntry): Inode | undefined {
    const placed = this.#knownParent.place(entry.path)
    if (placed !== undefined) return this.#place(placed, entry)
    const path = parseLayerPath(entry.path)
    switch (path.kind) {
      case 'bookkeeping':
        return undefined
      case 'root':
        return this.#root(entry)
      case 'opaque':
        this.#knownParent.forget()
        this.#opaque(path.parents, entry)
        return undefined
      case 'whiteout':
        this.#knownParent.forget()
        this.#whiteout(path.parents, path.name, entry)
        return undefined
      case 'entry':
        return this.#place(path, entry)
    }
  }

  #place(path: PlacedName | PathOfEntry, entry: TarEntry): Inode {
    return entry.kind === 'hardlink' ? this.#hardlink(path, entry) : this.#put(path, entry)
  }

  #root(entry: TarEntry): Inode {
    if (entry.kind !== 'directory') {
      throw new OciError('ERR_OCI_TREE_BAD_PATH', `the root as a ${entry.kind}`)
    }
    this.#tree.setMetadata(ROOT, entryMetadata(entry))
    return ROOT
  }

  #opaque(parents: readonly Uint8Array[], entry: TarEntry): void {
    const directory = this.#findDirectory(parents)
    if (directory === undefined) return
    if (this.#prune(directory)) this.#warnKept(entry)
  }

  #whiteout(parents: readonly Uint8Array[], name: Uint8Array, entry: TarEntry): void {
    const tree = this.#tree
    const parent = this.#findDirectory(parents)
    if (parent === undefined) return
    const index = tree.findName(parent, name)
    if (index === undefined) return
    const inode = tree.nameInode(index)
    const isOwn = this.#marks.isOwn(index)
    const keepsNames = tree.isDirectory(inode) && this.#prune(inode)
    if (!isOwn && !keepsNames) {
      tree.remove(parent, name)
      return
    }
    if (!isOwn) {
      this.#assertMayImply()
      tree.setMetadata(inode, IMPLIED_DIRECTORY)
      this.#marks.mark(index)
    }
    this.#warnKept(entry)
  }

  /** Takes away what lower layers put below a directory; true when something of this layer is left. */
  #prune(directory: Inode): boolean {
    const { keepsNames, implied } = this.#marks.prune(directory)
    if (implied.length > 0) this.#assertMayImply()
    return keepsNames
  }

  #hardlink(path: PlacedName | PathOfEntry, entry: TarEntry): Inode {
    const tree = this.#tree
    const target = this.#resolveTarget(parseLinkTarget(entry.target))
    const parent = this.#parentOf(path, entry)
    assertNameLength(path.name)
    // A link to itself that is there already changes nothing.
    if (tree.findName(parent, path.name) === target.index) return target.inode
    tree.replaceWithLink(parent, path.name, target.inode)
    this.#mark(parent, path.name)
    return target.inode
  }

  #resolveTarget(components: readonly Uint8Array[]): { index: number; inode: Inode } {
    const tree = this.#tree
    let inode: Inode = ROOT
    let index: number | undefined
    for (const component of components) {
      index = tree.isDirectory(inode) ? tree.findName(inode, component) : undefined
      if (index === undefined) {
        throw new OciError('ERR_OCI_TREE_MISSING_HARDLINK_TARGET', 'a hard link to nothing')
      }
      inode = tree.nameInode(index)
    }
    if (index === undefined || tree.isDirectory(inode)) {
      throw new OciError('ERR_OCI_TREE_HARDLINK_TO_DIRECTORY', 'a hard link to a directory')
    }
    return { index, inode }
  }

  #put(path: PlacedName | PathOfEntry, entry: TarEntry): Inode {
    const tree = this.#tree
    const { name } = path
    assertNameLength(name)
    const metadata = entryMetadata(entry)
    const content = entry.kind === 'directory' ? undefined : entryContent(entry)
    const parent = this.#parentOf(path, entry)
    const index = tree.findName(parent, name)
    if (content === undefined && index !== undefined) {
      const known = tree.nameInode(index)
      if (tree.isDirectory(known)) {
        tree.setMetadata(known, metadata)
        this.#marks.mark(index)
        return known
      }
    }
    if (index !== undefined) tree.remove(parent, name)
    const inode =
      content === undefined
        ? tree.addDirectory(parent, name, metadata)
        : tree.addLeaf(parent, name, metadata, content)
    if (content === undefined) this.#marks.markNew(inode)
    this.#mark(parent, name)
    return inode
  }

  /** The directory that an entry is in; it is known from now on. */
  #parentOf(path: PlacedName | PathOfEntry, entry: TarEntry): Inode {
    const parent = 'directory' in path ? path.directory : this.#makeParents(path.parents, entry)
    this.#knownParent.know(entry.path, parent)
    return parent
  }

  /** The directory that an entry is in, with every directory on the way made that is missing. */
  #makeParents(parents: readonly Uint8Array[], entry: TarEntry): Inode {
    const tree = this.#tree
    let directory: Inode = ROOT
    let firstMade: Inode | undefined
    for (const name of parents) {
      const found = tree.lookup(directory, name)
      if (found === undefined) {
        directory = this.#implyDirectory(directory, name)
        firstMade ??= directory
      } else if (tree.isDirectory(found)) {
        directory = found
      } else {
        throw notADirectory(tree, found)
      }
    }
    if (firstMade !== undefined) this.#warnMissing(firstMade, entry)
    return directory
  }

  #implyDirectory(parent: Inode, name: Uint8Array): Inode {
    assertNameLength(name)
    this.#assertMayImply()
    if (++this.#implied > IMPLIED_MAX) {
      const message = `more than ${IMPLIED_MAX} directories that have no entry in any layer`
      throw new OciError('ERR_OCI_TREE_TOO_LARGE', message, { expected: IMPLIED_MAX })
    }
    const made = this.#tree.addDirectory(parent, name, IMPLIED_DIRECTORY)
    this.#marks.markNew(made)
    this.#mark(parent, name)
    return made
  }

  /** The directory a whiteout is in; undefined when there is none, so that there is nothing to hide. */
  #findDirectory(parents: readonly Uint8Array[]): Inode | undefined {
    const tree = this.#tree
    let directory: Inode = ROOT
    for (const name of parents) {
      const found = tree.lookup(directory, name)
      if (found === undefined) return undefined
      if (tree.kind(found) === 'symlink') throw notADirectory(tree, found)
      if (!tree.isDirectory(found)) return undefined
      directory = found
    }
    return directory
  }

  #mark(parent: Inode, name: Uint8Array): void {
    const index = this.#tree.findName(parent, name)
    if (index !== undefined) this.#marks.mark(index)
  }

  #assertMayImply(): void {
    if (this.#options.strict !== true) return
    const message = 'a directory on its path has no entry in any layer'
    throw new OciError('ERR_OCI_TREE_MISSING_PARENT', message)
  }

  #warnMissing(firstMade: Inode, entry: TarEntry): void {
    if (this.#options.onWarning === undefined) return
    const first = entryText(this.#tree.directoryPath(firstMade))
    this.#warn('missing-parent', entry, `no layer has an entry for the directory ${first}`)
  }

  #warnKept(entry: TarEntry): void {
    const message =
      'a whiteout after entries of its own layer, which stay: the id of the image is not that of cfsctl'
    this.#warn('whiteout-kept-own-layer', entry, message)
  }

  #warn(kind: MergeWarning['kind'], entry: TarEntry, message: string): void {
    const { onWarning } = this.#options
    if (onWarning === undefined || this.#layer === undefined) return
    const { index, diffId } = this.#layer
    const text = entryText(entry.path)
    onWarning.call(this.#options, {
      kind,
      message: `layer ${index + 1} (${diffId}): ${text}: ${message}`,
      layer: index + 1,
      diffId,
      entry: text,
    })
  }

  #located(error: unknown, entry: TarEntry): unknown {
    const ours = isTreeError(error) ? fromTreeError(error) : error
    if (!(ours instanceof OciError) || this.#layer === undefined) return error
    const text = entryText(entry.path)
    const { index, diffId } = this.#layer
    return inLayer(ours.with({ entry: text }, text), { layer: index + 1, diffId })
  }
}

function notADirectory(tree: FileTree, found: Inode): OciError {
  const message = `a ${tree.kind(found)} stands where its path needs a directory`
  return new OciError('ERR_OCI_TREE_NOT_A_DIRECTORY', message, { actual: tree.kind(found) })
}

const TREE_CODES: Partial<Record<TreeError['code'], OciErrorCode>> = {
  ERR_TREE_BAD_NAME: 'ERR_OCI_TREE_BAD_PATH',
  ERR_TREE_BAD_XATTR: 'ERR_OCI_TREE_XATTR_TOO_LONG',
  ERR_TREE_TOO_LARGE: 'ERR_OCI_TREE_TOO_LARGE',
  ERR_TREE_BAD_CONTENT: 'ERR_OCI_TREE_FILE_TOO_LARGE',
}

/** What the tree refuses and the checks above have not seen, such as all xattr names together being too long. */
function fromTreeError(error: TreeError): OciError | TreeError {
  const code = TREE_CODES[error.code]
  return code === undefined ? error : new OciError(code, error.message, {}, { cause: error })
}
