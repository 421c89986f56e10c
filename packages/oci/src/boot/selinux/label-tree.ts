import { encodeUtf8, equalBytes } from '@composefs/bytes'
import {
  ContentCode,
  type FileTree,
  type Inode,
  ROOT,
  type TreeView,
  type Xattr,
} from '@composefs/tree'
import type { AutomatonState } from '../pattern/path-automaton.ts'
import { LabelMatcher, type LabelNumber, NO_LABEL } from './label-matcher.ts'
import type { Policy } from './policy.ts'

const LABEL = encodeUtf8('security.selinux')
const SLASH = encodeUtf8('/')

/** How many inodes have a label now, and how many had one and have none now. */
export interface LabelCounts {
  readonly labelled: number
  readonly stripped: number
}

/**
 * Gives every inode of a tree the label of the policy, or none. Names of one file that the policy labels differently
 * become files of their own; without a policy all labels go.
 *
 * @throws OciError ERR_OCI_POLICY_BAD_PATTERN, ERR_OCI_POLICY_TOO_COMPLEX; the tree is then as it was
 */
export function labelTree(tree: FileTree, policy: Policy | undefined): LabelCounts {
  if (policy === undefined) {
    const stripped = countLabels(tree.view())
    tree.filterXattrs(({ name }) => !equalBytes(name, LABEL))
    return { labelled: 0, stripped }
  }
  const matcher = new LabelMatcher(policy, tree.inodeCount)
  const walker = new LabelWalker(tree.view(), matcher)
  walker.walk()
  return applyLabels(tree, walker, matcher.labels)
}

/** A name of a file whose other names have another label. */
interface SplitName {
  readonly parent: Inode
  readonly name: Uint8Array
  readonly label: LabelNumber
}

/** A directory on the way down. */
interface Level {
  /** The next name to look at. */
  name: number
  /** The state behind the directory's path and the slash after it. */
  readonly state: AutomatonState
  readonly above: Level | undefined
  /** The directory's own name; of a substituted directory, and of the root, the whole path. */
  readonly bytes: Uint8Array
  readonly isWhole: boolean
}

const UNSEEN = -2

/** Looks up the labels of a tree without changing it: parents first, names in the order of their bytes. */
class LabelWalker {
  /** By inode: what its first name got. */
  readonly labels: Int32Array
  readonly splits: SplitName[] = []
  readonly #view: TreeView
  readonly #matcher: LabelMatcher

  constructor(view: TreeView, matcher: LabelMatcher) {
    this.#view = view
    this.#matcher = matcher
    this.labels = new Int32Array(view.inodeLimit).fill(UNSEEN)
  }

  walk(): void {
    const { firstName, nextName, nameInode } = this.#view
    const state = this.#matcher.walk(this.#matcher.start, SLASH)
    this.labels[ROOT] = this.#matcher.label(state, this.#type(ROOT), () => SLASH)
    // The path of the root is its slash.
    let level: Level | undefined = {
      name: firstName[ROOT] as number,
      state,
      above: undefined,
      bytes: SLASH,
      isWhole: true,
    }
    while (level !== undefined) {
      const { name } = level as Level
      if (name === 0) {
        level = level.above
        continue
      }
      level.name = nextName[name] as number
      level = this.#visit(level, name, nameInode[name] as Inode) ?? level
    }
  }

  /** Labels a name; returns the level below it if it is a directory. */
  #visit(above: Level, name: number, inode: Inode): Level | undefined {
    const view = this.#view
    const start = view.nameOffset[name] as number
    const end = start + (view.nameLength[name] as number)
    let state = this.#matcher.walk(above.state, view.nameBytes, start, end)
    const original = this.#matcher.alias(state)
    if (original !== undefined) state = this.#matcher.walk(this.#matcher.start, original)
    const bytes = original ?? view.nameBytes.subarray(start, end)
    const isWhole = original !== undefined
    const path = () => pathOf({ above, bytes, isWhole })
    const label = this.#matcher.label(state, this.#type(inode), path)
    if (this.labels[inode] === UNSEEN) this.labels[inode] = label
    else if (this.labels[inode] !== label) {
      this.splits.push({
        parent: view.nameParent[name] as Inode,
        name: bytesCopy(view, start, end),
        label,
      })
    }
    if (!isDirectory(view.mode[inode] as number)) return undefined
    const below = isWhole && bytes.at(-1) === SLASH[0] ? state : this.#matcher.walk(state, SLASH)
    return { name: view.firstName[inode] as number, state: below, above, bytes, isWhole }
  }

  #type(inode: Inode): number {
    return TYPE_LETTERS[(this.#view.mode[inode] as number) >>> 12] as number
  }
}

/** The letters of file types, by the type bits of a mode. */
const TYPE_LETTERS = Uint8Array.from(' pc d b - l s', letter => letter.charCodeAt(0))

function isDirectory(mode: number): boolean {
  return mode >>> 12 === 4
}

/** The path that is looked up, made of the names below the last directory that was substituted. */
function pathOf(place: Pick<Level, 'above' | 'bytes' | 'isWhole'>): Uint8Array {
  const pieces: Uint8Array[] = [place.bytes]
  for (
    let { above, isWhole } = place;
    !isWhole && above !== undefined;
    { above, isWhole } = above
  ) {
    if (!above.isWhole || above.bytes.at(-1) !== SLASH[0]) pieces.push(SLASH)
    pieces.push(above.bytes)
  }
  return Buffer.concat(pieces.reverse())
}

function bytesCopy(view: TreeView, start: number, end: number): Uint8Array {
  return Uint8Array.from(view.nameBytes.subarray(start, end))
}

/** Writes the labels into the tree, and gives the names that are to be files of their own an inode each. */
function applyLabels(
  tree: FileTree,
  { labels, splits }: LabelWalker,
  values: readonly Uint8Array[],
): LabelCounts {
  let labelled = 0
  let stripped = 0
  for (let inode = 0; inode < labels.length; inode++) {
    const label = labels[inode] as LabelNumber
    if (label === UNSEEN) continue
    const xattrs = tree.xattrs(inode)
    const others = xattrs.filter(({ name }) => !equalBytes(name, LABEL))
    if (label !== NO_LABEL) labelled++
    else if (others.length < xattrs.length) stripped++
    else continue
    tree.setXattrs(inode, withLabel(others, values[label]))
  }
  for (const { parent, name, label } of splits) {
    const inode = tree.lookup(parent, name) as Inode // names stay until here
    const others = tree.xattrs(inode).filter(xattr => !equalBytes(xattr.name, LABEL))
    const content = tree.content(inode)
    const metadata = { ...tree.metadata(inode), xattrs: withLabel(others, values[label]) }
    tree.remove(parent, name)
    tree.addLeaf(parent, name, metadata, content)
    if (label !== NO_LABEL) labelled++
  }
  return { labelled, stripped }
}

function withLabel(others: readonly Xattr[], value: Uint8Array | undefined): readonly Xattr[] {
  return value === undefined ? others : [...others, { name: LABEL, value }]
}

function countLabels(view: TreeView): number {
  const has = Array.from({ length: view.xattrSetLimit }, (_, set) =>
    view.xattrs(set).some(({ name }) => equalBytes(name, LABEL)),
  )
  let count = 0
  for (let inode = 0; inode < view.inodeLimit; inode++) {
    if (view.content[inode] !== ContentCode.removed && has[view.xattrSet[inode] as number]) count++
  }
  return count
}
