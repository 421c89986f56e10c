import { compareBytes, equalBytes } from '@composefs/bytes'
import { type Inode, type LeafContent, ROOT, type Xattr } from './inode.ts'
import { type FileTree, storeOf, type TreeEntry } from './tree.ts'

/** Parts of an inode that can differ. `links`: the names that share a leaf are not the same ones. */
export type DifferingPart = 'kind' | 'mode' | 'owner' | 'mtime' | 'xattrs' | 'content' | 'links'

/** One name that is not the same in two trees. */
export interface TreeDifference {
  readonly path: Uint8Array
  /** `added`: only in the second tree; `removed`: only in the first. Names below such a directory are not listed. */
  readonly change: 'added' | 'removed' | 'changed'
  /** What is not the same, of a leaf with several names told at the first; empty unless `changed`. */
  readonly parts: readonly DifferingPart[]
}

const SLASH = 0x2f

/**
 * The differences of two trees in the order of a dump file; nothing when they are equal. Neither tree must change
 * meanwhile.
 */
export function* diffTrees(a: FileTree, b: FileTree): Generator<TreeDifference, void, undefined> {
  const links = new LinkPairs(a, b)
  const rootParts = differingParts(a, ROOT, b, ROOT)
  if (rootParts.length > 0) {
    yield { path: Uint8Array.of(SLASH), change: 'changed', parts: rootParts }
  }
  // No recursion: depth is up to whoever wrote the tree.
  const pending: Level[] = [{ path: new Uint8Array(0), names: mergeEntries(a, ROOT, b, ROOT) }]
  while (pending.length > 0) {
    const level = pending[pending.length - 1] as Level
    const step = level.names.next()
    if (step.done === true) {
      pending.pop()
      continue
    }
    const { name, inA, inB } = step.value
    const path = join(level.path, name)
    if (inA === undefined || inB === undefined) {
      yield { path, change: inA === undefined ? 'added' : 'removed', parts: [] }
      continue
    }
    const pairing = links.pair(inA, inB)
    const parts = pairing === 'met' ? [] : differingParts(a, inA, b, inB)
    if (pairing === 'apart') parts.push('links')
    if (parts.length > 0) yield { path, change: 'changed', parts }
    if (a.isDirectory(inA) && b.isDirectory(inB)) {
      pending.push({ path, names: mergeEntries(a, inA, b, inB) })
    }
  }
}

/** A pair of directories on the way down. */
interface Level {
  readonly path: Uint8Array
  readonly names: Generator<NamePair, void, undefined>
}

interface NamePair {
  readonly name: Uint8Array
  readonly inA: Inode | undefined
  readonly inB: Inode | undefined
}

/** The names of two directories, side by side. */
function* mergeEntries(
  a: FileTree,
  directoryA: Inode,
  b: FileTree,
  directoryB: Inode,
): Generator<NamePair, void, undefined> {
  const entriesA = a.entries(directoryA)
  const entriesB = b.entries(directoryB)
  let entryA = next(entriesA)
  let entryB = next(entriesB)
  while (entryA !== undefined || entryB !== undefined) {
    const order = compareEntries(entryA, entryB)
    const name = (order <= 0 ? entryA : entryB)?.name as Uint8Array // one of them is there
    yield {
      name,
      inA: order <= 0 ? entryA?.inode : undefined,
      inB: order >= 0 ? entryB?.inode : undefined,
    }
    if (order <= 0) entryA = next(entriesA)
    if (order >= 0) entryB = next(entriesB)
  }
}

function next(entries: Generator<TreeEntry, void, undefined>): TreeEntry | undefined {
  const step = entries.next()
  return step.done === true ? undefined : step.value
}

function compareEntries(a: TreeEntry | undefined, b: TreeEntry | undefined): number {
  if (a === undefined) return 1
  if (b === undefined) return -1
  return compareBytes(a.name, b.name)
}

/** Leaves that belong together by the first name they share: both trees must group their names alike. */
class LinkPairs {
  readonly #a: FileTree
  readonly #b: FileTree
  readonly #ofA = new Map<Inode, Inode>()
  readonly #ofB = new Map<Inode, Inode>()

  constructor(a: FileTree, b: FileTree) {
    this.#a = a
    this.#b = b
  }

  /**
   * `new`: neither was met before; `met`: both were, under the same name; `apart`: one of them was, under a name that
   * led to another inode in the other tree.
   */
  pair(inA: Inode, inB: Inode): 'new' | 'met' | 'apart' {
    const linkedA = !this.#a.isDirectory(inA) && this.#a.nlink(inA) > 1
    const linkedB = !this.#b.isDirectory(inB) && this.#b.nlink(inB) > 1
    if (!linkedA && !linkedB) return 'new'
    const knownB = this.#ofA.get(inA)
    const knownA = this.#ofB.get(inB)
    if (knownA !== undefined || knownB !== undefined) {
      return knownB === inB && knownA === inA ? 'met' : 'apart'
    }
    this.#ofA.set(inA, inB)
    this.#ofB.set(inB, inA)
    return 'new'
  }
}

function differingParts(a: FileTree, inA: Inode, b: FileTree, inB: Inode): DifferingPart[] {
  const parts: DifferingPart[] = []
  if (a.kind(inA) !== b.kind(inB)) parts.push('kind')
  if (a.mode(inA) !== b.mode(inB)) parts.push('mode')
  if (a.uid(inA) !== b.uid(inB) || a.gid(inA) !== b.gid(inB)) parts.push('owner')
  if (!sameTime(a, inA, b, inB)) parts.push('mtime')
  if (!sameXattrs(a, inA, b, inB)) parts.push('xattrs')
  if (parts[0] === 'kind' || a.isDirectory(inA)) return parts
  if (!sameContent(a.content(inA), b.content(inB))) parts.push('content')
  return parts
}

function sameTime(a: FileTree, inA: Inode, b: FileTree, inB: Inode): boolean {
  const inodesA = storeOf(a).inodes
  const inodesB = storeOf(b).inodes
  return (
    inodesA.mtimeLow[inA] === inodesB.mtimeLow[inB] &&
    inodesA.mtimeHigh[inA] === inodesB.mtimeHigh[inB] &&
    inodesA.mtimeNanoseconds[inA] === inodesB.mtimeNanoseconds[inB]
  )
}

function sameXattrs(a: FileTree, inA: Inode, b: FileTree, inB: Inode): boolean {
  if (storeOf(a).inodes.xattrSet[inA] === 0 && storeOf(b).inodes.xattrSet[inB] === 0) return true
  const xattrsA = a.xattrs(inA)
  const xattrsB = b.xattrs(inB)
  return (
    xattrsA.length === xattrsB.length &&
    xattrsA.every((xattr, i) => sameXattr(xattr, xattrsB[i] as Xattr))
  )
}

function sameXattr(a: Xattr, b: Xattr): boolean {
  return equalBytes(a.name, b.name) && equalBytes(a.value, b.value)
}

function sameContent(a: LeafContent, b: LeafContent): boolean {
  switch (a.kind) {
    case 'inline':
      return b.kind === 'inline' && equalBytes(a.data, b.data)
    case 'sparse':
      return b.kind === 'sparse' && a.size === b.size
    case 'external':
      return (
        b.kind === 'external' &&
        a.size === b.size &&
        a.digest.equals(b.digest) &&
        sameBytes(a.payload, b.payload)
      )
    case 'external-no-verity':
      return (
        b.kind === 'external-no-verity' &&
        a.size === b.size &&
        sameBytes(a.object?.bytes, b.object?.bytes) &&
        sameBytes(a.payload, b.payload)
      )
    case 'symlink':
      return b.kind === 'symlink' && equalBytes(a.target, b.target)
    case 'chr':
    case 'blk':
      return (b.kind === 'chr' || b.kind === 'blk') && a.rdev === b.rdev
    case 'fifo':
    case 'socket':
      return true
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

function join(directory: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(directory.length + 1 + name.length)
  path.set(directory)
  path[directory.length] = SLASH
  path.set(name, directory.length + 1)
  return path
}
