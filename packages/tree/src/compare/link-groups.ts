import { ContentCode } from '../content-code.ts'
import type { Inode } from '../inode.ts'
import type { NameIndex } from '../name-table.ts'
import type { TreeView } from '../view.ts'

/** What a name says about the hard links of two trees. */
export type Grouping =
  /** In neither tree it shares its leaf with a name that both have and that came before. */
  | 'new'
  /** In both trees it shares its leaf with the same earlier name: this pair of leaves was met there. */
  | 'met'
  /** The trees do not agree. */
  | 'apart'

/**
 * Whether two trees group the names of their leaves alike. Only names that both have count: a link that was added or
 * removed is no change of the others. The names come in the order of a dump; leaves with one name take no memory.
 */
export class LinkGroups {
  readonly #a: TreeView
  readonly #b: TreeView
  /** By leaf of the first tree: the first name that both trees have, as a name of the first. */
  readonly #commonA = new Map<Inode, NameIndex>()
  readonly #commonB = new Map<Inode, NameIndex>()
  /** By leaf: its first name. */
  readonly #firstA = new Map<Inode, Uint8Array>()
  readonly #firstB = new Map<Inode, Uint8Array>()

  constructor(a: TreeView, b: TreeView) {
    this.#a = a
    this.#b = b
  }

  /** Whether one of the two has other names, which a directory never has. */
  isLinked(inA: Inode, inB: Inode): boolean {
    return hasSeveralNames(this.#a, inA) || hasSeveralNames(this.#b, inB)
  }

  /** Takes in a name that leads to a leaf in both trees; `nameA` is the number that the first tree gives it. */
  pair(inA: Inode, inB: Inode, nameA: NameIndex): Grouping {
    const firstA = firstCommon(this.#commonA, inA, nameA)
    const firstB = firstCommon(this.#commonB, inB, nameA)
    if (firstA !== firstB) return 'apart'
    return firstA === nameA ? 'new' : 'met'
  }

  /** Takes in a name of one tree, and gives the first name of its leaf if that is another one. */
  firstName(view: TreeView, inode: Inode, path: Uint8Array): Uint8Array | undefined {
    if (!hasSeveralNames(view, inode)) return undefined
    const names = view === this.#a ? this.#firstA : this.#firstB
    const first = names.get(inode)
    if (first === undefined) names.set(inode, path)
    return first
  }
}

function firstCommon(known: Map<Inode, NameIndex>, inode: Inode, name: NameIndex): NameIndex {
  const first = known.get(inode)
  if (first !== undefined) return first
  known.set(inode, name)
  return name
}

function hasSeveralNames(view: TreeView, inode: Inode): boolean {
  const isDirectory = (view.content[inode] as number) <= ContentCode.unsortedDirectory
  return !isDirectory && (view.nlink[inode] as number) > 1
}
