import { compareBytes, equalBytes } from '@composefs/bytes'
import { ContentCode, ROOT, type Xattr } from '@composefs/tree'
import {
  METACOPY,
  OPAQUE,
  OPAQUE_XATTRS,
  OPAQUE_YES,
  REDIRECT,
  SELINUX,
  WHITEOUT_DIRECTORY,
  WHITEOUT_DIRECTORY_OPAQUE,
  WHITEOUT_FILE,
} from './overlay-names.ts'
import { isWhiteout, type Node, type SourceTree } from './source-tree.ts'
import { escapeXattrName } from './xattr-name.ts'
import { type Pair, type PairTable, resized } from './xattr-pairs.ts'

/** Number of a list of xattrs of its image. */
export type XattrList = number

/** What an image adds to the xattrs of an inode besides where its data is. */
const PLAIN = 0
const WHITEOUT = 1
const HOLDS_WHITEOUT = 2
const OPAQUE_ROOT = 3
const OPAQUE_ROOT_HOLDS_WHITEOUT = 4
const STUB = 5
const VARIANTS = 6

const NOTHING = new Uint8Array(0)
const UNKNOWN = 0xffff_ffff

/**
 * The lists of xattrs of an image, each made once for all inodes with the same set and the same additions, and
 * without the metacopy and redirect that differ from file to file.
 */
export class XattrLists {
  /** Numbers given out. */
  count = 0
  /** Place of the first pair of a list in `pairs`; a list ends where the next one starts. */
  start = new Uint32Array(64)
  pairs = new Uint32Array(64)
  /** How many pairs of a list stand before a metacopy. */
  beforeMetacopy = new Uint32Array(64)
  /** How many pairs of a list stand before a redirect. */
  beforeRedirect = new Uint32Array(64)
  readonly #source: SourceTree
  readonly #table: PairTable
  readonly #holdsWhiteout: Uint8Array
  readonly #plain: Uint32Array
  readonly #others = new Map<number, XattrList>()

  constructor(source: SourceTree, table: PairTable, holdsWhiteout: Uint8Array) {
    this.#source = source
    this.#table = table
    this.#holdsWhiteout = holdsWhiteout
    this.#plain = new Uint32Array(source.view.xattrSetLimit).fill(UNKNOWN)
  }

  /** The list of a node, made now if it is the first one with this list. */
  of(node: Node): XattrList {
    const { view } = this.#source
    const variant = this.#variant(node)
    const set = view.xattrSet[variant === STUB ? ROOT : node] as number
    if (variant === PLAIN) {
      const known = this.#plain[set] as number
      if (known !== UNKNOWN) return known
      const list = this.#make(set, variant)
      this.#plain[set] = list
      return list
    }
    const key = set * VARIANTS + variant
    const known = this.#others.get(key)
    if (known !== undefined) return known
    const list = this.#make(set, variant)
    this.#others.set(key, list)
    return list
  }

  #variant(node: Node): number {
    const { isOld, view } = this.#source
    if (!isOld) return PLAIN
    if (node >= view.inodeLimit) return STUB
    const holdsWhiteout = this.#holdsWhiteout[node] === 1
    if (node === ROOT) return holdsWhiteout ? OPAQUE_ROOT_HOLDS_WHITEOUT : OPAQUE_ROOT
    if (holdsWhiteout) return HOLDS_WHITEOUT
    return view.content[node] === ContentCode.device && isWhiteout(view, node) ? WHITEOUT : PLAIN
  }

  #make(set: number, variant: number): XattrList {
    const { isOld } = this.#source
    const xattrs = this.#listed(set, variant)
    // V2 keeps the order of the names before they were escaped.
    if (isOld) xattrs.sort((a, b) => compareBytes(a.name, b.name))
    const list = this.count++
    if (this.count === this.start.length) this.#grow()
    let at = this.start[list] as number
    for (const [i, { name, value }] of xattrs.entries()) {
      if (at === this.pairs.length) this.pairs = resized(this.pairs, 2 * at)
      this.pairs[at++] = this.#table.intern(name, value) satisfies Pair
      if (!isOld) continue
      if (compareBytes(name, METACOPY) < 0) this.beforeMetacopy[list] = i + 1
      if (compareBytes(name, REDIRECT) < 0) this.beforeRedirect[list] = i + 1
    }
    this.start[list + 1] = at
    return list
  }

  #listed(set: number, variant: number): Xattr[] {
    const own = this.#source.view.xattrs(set)
    if (variant === STUB) return own.filter(({ name }) => equalBytes(name, SELINUX))
    const added = this.#added(variant)
    return own
      .map(({ name, value }) => ({ name: escapeXattrName(name), value }))
      .filter(({ name }) => !added.some(other => equalBytes(name, other.name)))
      .concat(added)
  }

  #added(variant: number): Xattr[] {
    const added: Xattr[] = []
    if (variant === WHITEOUT) {
      for (const name of WHITEOUT_FILE) added.push({ name, value: NOTHING })
    }
    if (variant === HOLDS_WHITEOUT || variant === OPAQUE_ROOT_HOLDS_WHITEOUT) {
      for (const name of WHITEOUT_DIRECTORY) added.push({ name, value: NOTHING })
      if (this.#source.version === 1) {
        for (const name of WHITEOUT_DIRECTORY_OPAQUE) added.push({ name, value: OPAQUE_XATTRS })
      }
    }
    if (variant === OPAQUE_ROOT || variant === OPAQUE_ROOT_HOLDS_WHITEOUT) {
      added.push({ name: OPAQUE, value: OPAQUE_YES })
    }
    return added
  }

  #grow(): void {
    const capacity = this.start.length * 2
    this.start = resized(this.start, capacity)
    this.beforeMetacopy = resized(this.beforeMetacopy, capacity)
    this.beforeRedirect = resized(this.beforeRedirect, capacity)
  }
}
