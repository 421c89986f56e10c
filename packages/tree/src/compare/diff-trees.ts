import { ContentCode } from '../content-code.ts'
import { type Inode, ROOT } from '../inode.ts'
import type { NameIndex } from '../name-table.ts'
import type { FileTree } from '../tree.ts'
import type { TreeView } from '../view.ts'
import { InodeComparison } from './compare-inodes.ts'
import type { TreeDifference } from './difference.ts'
import { LinkGroups } from './link-groups.ts'

const SLASH = 0x2f

/**
 * The differences of two trees in the order of a dump file; nothing when they are equal. A directory that only one of
 * them has is told with everything below it. Neither tree must change meanwhile. The work is one pass over both trees;
 * beyond them, only leaves with several names take memory.
 *
 * @example
 * for (const { path, change, parts } of diffTrees(before, after)) console.log(change, showUtf8(path), parts)
 */
export function* diffTrees(a: FileTree, b: FileTree): Generator<TreeDifference, void, undefined> {
  const differ = new TreeDiffer(a.view(), b.view())
  yield* differ.root()
  for (;;) {
    const step = differ.next()
    if (step === 'end') return
    if (step !== 'same') yield step
  }
}

/** A pair of directories on the way down, or one that only one tree has. */
interface Level {
  /** Of the directory, without a slash at the end. */
  readonly path: Uint8Array
  /** The names that come next; 0 for none. */
  nextA: NameIndex
  nextB: NameIndex
}

class TreeDiffer {
  readonly #a: TreeView
  readonly #b: TreeView
  readonly #inodes: InodeComparison
  readonly #links: LinkGroups
  /** No recursion: depth is up to whoever wrote the tree. */
  readonly #levels: Level[]

  constructor(a: TreeView, b: TreeView) {
    this.#a = a
    this.#b = b
    this.#inodes = new InodeComparison(a, b)
    this.#links = new LinkGroups(a, b)
    this.#levels = [
      {
        path: new Uint8Array(0),
        nextA: a.firstName[ROOT] as number,
        nextB: b.firstName[ROOT] as number,
      },
    ]
  }

  *root(): Generator<TreeDifference> {
    if (this.#inodes.areEqual(ROOT, ROOT)) return
    const parts = this.#inodes.differingParts(ROOT, ROOT)
    yield {
      path: Uint8Array.of(SLASH),
      change: 'changed',
      parts,
      inA: ROOT,
      inB: ROOT,
      linkA: undefined,
      linkB: undefined,
    }
  }

  /** Looks at the next name. */
  next(): TreeDifference | 'same' | 'end' {
    const level = this.#levels[this.#levels.length - 1]
    if (level === undefined) return 'end'
    const { nextA, nextB } = level
    if (nextA === 0 && nextB === 0) {
      this.#levels.pop()
      return 'same'
    }
    const order = this.#compareNames(nextA, nextB)
    if (order <= 0) level.nextA = this.#a.nextName[nextA] as number
    if (order >= 0) level.nextB = this.#b.nextName[nextB] as number
    if (order < 0) return this.#single(level, this.#a, nextA, 'removed')
    if (order > 0) return this.#single(level, this.#b, nextB, 'added')
    return this.#pair(level, nextA, nextB)
  }

  #single(
    level: Level,
    view: TreeView,
    name: NameIndex,
    change: 'added' | 'removed',
  ): TreeDifference {
    const inode = view.nameInode[name] as number
    const path = pathOf(level, view, name)
    const isA = view === this.#a
    if (isDirectory(view, inode)) {
      const first = view.firstName[inode] as number
      this.#levels.push({ path, nextA: isA ? first : 0, nextB: isA ? 0 : first })
    }
    const link = this.#links.firstName(view, inode, path)
    return {
      path,
      change,
      parts: [],
      inA: isA ? inode : undefined,
      inB: isA ? undefined : inode,
      linkA: isA ? link : undefined,
      linkB: isA ? undefined : link,
    }
  }

  #pair(level: Level, nameA: NameIndex, nameB: NameIndex): TreeDifference | 'same' {
    const inA = this.#a.nameInode[nameA] as number
    const inB = this.#b.nameInode[nameB] as number
    const inDirectoryA = isDirectory(this.#a, inA)
    const inDirectoryB = isDirectory(this.#b, inB)
    const isLinked = this.#links.isLinked(inA, inB)
    const isEqual = this.#inodes.areEqual(inA, inB)
    const hasDirectory = inDirectoryA || inDirectoryB
    // Most names are done here, and need no path.
    if (isEqual && !hasDirectory && !isLinked) return 'same'
    const path = pathOf(level, this.#a, nameA)
    if (hasDirectory) {
      this.#levels.push({
        path,
        nextA: inDirectoryA ? (this.#a.firstName[inA] as number) : 0,
        nextB: inDirectoryB ? (this.#b.firstName[inB] as number) : 0,
      })
    }
    const linkA = this.#links.firstName(this.#a, inA, path)
    const linkB = this.#links.firstName(this.#b, inB, path)
    const grouping = isLinked && !hasDirectory ? this.#links.pair(inA, inB, nameA) : 'new'
    if (grouping === 'met') return 'same'
    const parts = isEqual ? [] : this.#inodes.differingParts(inA, inB)
    if (grouping === 'apart') parts.push('links')
    if (parts.length === 0) return 'same'
    return { path, change: 'changed', parts, inA, inB, linkA, linkB }
  }

  /** Order of two names as unsigned bytes; no name is behind all others. */
  #compareNames(nameA: NameIndex, nameB: NameIndex): number {
    if (nameA === 0) return 1
    if (nameB === 0) return -1
    const { nameBytes: bytesA } = this.#a
    const { nameBytes: bytesB } = this.#b
    const offsetA = this.#a.nameOffset[nameA] as number
    const offsetB = this.#b.nameOffset[nameB] as number
    const lengthA = this.#a.nameLength[nameA] as number
    const lengthB = this.#b.nameLength[nameB] as number
    const shared = Math.min(lengthA, lengthB)
    for (let i = 0; i < shared; i++) {
      const difference = (bytesA[offsetA + i] as number) - (bytesB[offsetB + i] as number)
      if (difference !== 0) return difference
    }
    return lengthA - lengthB
  }
}

function isDirectory(view: TreeView, inode: Inode): boolean {
  return (view.content[inode] as number) <= ContentCode.unsortedDirectory
}

function pathOf({ path }: Level, view: TreeView, name: NameIndex): Uint8Array {
  const offset = view.nameOffset[name] as number
  const length = view.nameLength[name] as number
  const joined = new Uint8Array(path.length + 1 + length)
  joined.set(path)
  joined[path.length] = SLASH
  for (let i = 0; i < length; i++) {
    joined[path.length + 1 + i] = view.nameBytes[offset + i] as number
  }
  return joined
}
