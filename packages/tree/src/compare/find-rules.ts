import { encodeUtf8, equalBytes, startsWith } from '@composefs/bytes'
import type { Inode, LeafContent, Xattr } from '../inode.ts'
import type { FileTree } from '../tree.ts'
import type { DifferingPart, TreeDifference } from './difference.ts'
import { equalXattr } from './equal-xattrs.ts'
import type { ExplainTreesOptions, Side, TreeRule } from './tree-rules.ts'
import { isLabel, isStricter, keeps, type TreeTraits, traitsOf } from './tree-traits.ts'

/** A rule, and the side that it was applied to, if it is one. */
export type AppliedRule = readonly [rule: TreeRule, side: Side | undefined]

const ROOT_PATH = encodeUtf8('/')
const RUN = encodeUtf8('/run')
const BOOT = encodeUtf8('/boot')
const SYSROOT = encodeUtf8('/sysroot')
const IMPLIED_MODE = 0o755
const METADATA: readonly DifferingPart[] = ['mode', 'owner', 'mtime', 'xattrs']

/** Finds the rules behind single differences of two trees. */
export class RuleFinder {
  readonly #a: FileTree
  readonly #b: FileTree
  readonly #traits: Readonly<Record<Side, TreeTraits>>
  readonly #options: ExplainTreesOptions

  constructor(a: FileTree, b: FileTree, options: ExplainTreesOptions) {
    this.#a = a
    this.#b = b
    this.#traits = { a: traitsOf(a), b: traitsOf(b) }
    this.#options = options
  }

  /** The rules of a difference, each once. */
  rulesOf(difference: TreeDifference): AppliedRule[] {
    const { inA, inB, path } = difference
    if (inA === undefined) return [this.#oneSided(path, 'b')]
    if (inB === undefined) return [this.#oneSided(path, 'a')]
    const rules: AppliedRule[] = []
    const asWhole = this.#asWhole(path, inA, inB)
    for (const part of difference.parts) {
      const rule =
        asWhole !== undefined && METADATA.includes(part)
          ? asWhole
          : this.#ruleOfPart(part, difference, inA, inB)
      if (!rules.some(([known]) => known === rule[0])) rules.push(rule)
    }
    return rules
  }

  /** For a name that only the tree of `side` has. */
  #oneSided(path: Uint8Array, side: Side): AppliedRule {
    const other = side === 'a' ? 'b' : 'a'
    const traits = this.#traits[other]
    if (traits.isRunEmptied && isBelow(path, RUN)) return ['run-emptied', other]
    if (traits.isForBoot && (isBelow(path, BOOT) || isBelow(path, SYSROOT))) {
      return ['boot-transform', other]
    }
    if (this.#options.isLateWhiteout?.(path)) return ['late-whiteout', other]
    return side === 'a' ? ['removed-entry', 'b'] : ['added-entry', 'b']
  }

  /** The rule for all metadata of a directory at once. */
  #asWhole(path: Uint8Array, inA: Inode, inB: Inode): AppliedRule | undefined {
    if (!this.#a.isDirectory(inA) || !this.#b.isDirectory(inB)) return undefined
    if (equalBytes(path, ROOT_PATH)) {
      const side = this.#onlyIn(traits => traits.hasRootOfUsr)
      return side === undefined ? undefined : ['root-from-usr', side]
    }
    if (equalBytes(path, RUN)) {
      const side = this.#onlyIn(traits => traits.isRunEmptied)
      if (side !== undefined) return ['run-emptied', side]
    }
    if (equalBytes(path, BOOT) || equalBytes(path, SYSROOT)) {
      const side = this.#onlyIn(traits => traits.isForBoot)
      if (side !== undefined) return ['boot-transform', side]
    }
    // A time that both have cannot tell: there are images in which all times are 0.
    const isImpliedA = isImplied(this.#a, inA) && this.#b.mtimeSeconds(inB) !== 0n
    const isImpliedB = isImplied(this.#b, inB) && this.#a.mtimeSeconds(inA) !== 0n
    if (isImpliedA === isImpliedB) return undefined
    return ['implied-parent', isImpliedA ? 'a' : 'b']
  }

  #ruleOfPart(
    part: DifferingPart,
    difference: TreeDifference,
    inA: Inode,
    inB: Inode,
  ): AppliedRule {
    switch (part) {
      case 'type':
        return ['changed-type', 'b']
      case 'mode':
        return ['mode-bits', 'b']
      case 'owner':
        return ['owner', 'b']
      case 'target':
        return ['changed-target', 'b']
      case 'device':
        return ['changed-device', 'b']
      case 'mtime':
        return this.#ruleOfTime(inA, inB)
      case 'xattrs':
        return this.#ruleOfXattrs(this.#a.xattrs(inA), this.#b.xattrs(inB))
      case 'content':
        return this.#ruleOfContent(this.#a.content(inA), this.#b.content(inB))
      case 'links': {
        const { linkA, linkB } = difference
        if (linkA === undefined) return ['hard-links', 'a']
        return ['hard-links', linkB === undefined ? 'b' : undefined]
      }
    }
  }

  #ruleOfTime(inA: Inode, inB: Inode): AppliedRule {
    if (this.#a.mtimeSeconds(inA) !== this.#b.mtimeSeconds(inB)) return ['mtime', 'b']
    if (this.#a.mtimeNanoseconds(inA) === 0) return ['nanoseconds', 'a']
    // Two fractions of the same second are two times; a lost fraction is none.
    return this.#b.mtimeNanoseconds(inB) === 0 ? ['nanoseconds', 'b'] : ['mtime', 'b']
  }

  #ruleOfXattrs(a: readonly Xattr[], b: readonly Xattr[]): AppliedRule {
    const onlyA = a.filter(xattr => !isAmong(b, xattr))
    const onlyB = b.filter(xattr => !isAmong(a, xattr))
    const forBoot = this.#onlyIn(traits => traits.isForBoot)
    if (forBoot !== undefined && [...onlyA, ...onlyB].every(({ name }) => isLabel(name))) {
      return ['boot-transform', forBoot]
    }
    const filtered = onlyA.length === 0 ? 'a' : onlyB.length === 0 ? 'b' : undefined
    if (filtered === undefined) return ['changed-xattrs', 'b']
    const { filter } = this.#traits[filtered]
    const { filter: otherFilter } = this.#traits[filtered === 'a' ? 'b' : 'a']
    const lost = filtered === 'a' ? onlyB : onlyA
    const isFiltered =
      isStricter(filter, otherFilter) && lost.every(({ name }) => !keeps(filter, name))
    return isFiltered ? ['xattr-filter', filtered] : ['changed-xattrs', 'b']
  }

  #ruleOfContent(a: LeafContent, b: LeafContent): AppliedRule {
    if (this.#isInlineOf(a, b)) return ['inline-content', 'a']
    if (this.#isInlineOf(b, a)) return ['inline-content', 'b']
    if (isUnenforced(a, b)) return ['object-verity', 'a']
    if (isUnenforced(b, a)) return ['object-verity', 'b']
    return ['changed-file', 'b']
  }

  /** True when the object of `other` holds what is inline in `inline`. */
  #isInlineOf(inline: LeafContent, other: LeafContent): boolean {
    if (inline.kind !== 'inline' || other.kind !== 'external') return false
    if (inline.data.length !== other.size) return false
    return this.#options.digestOf?.(inline.data).equals(other.digest) === true
  }

  /** The side that is the only one with that trait. */
  #onlyIn(hasTrait: (traits: TreeTraits) => boolean): Side | undefined {
    const inA = hasTrait(this.#traits.a)
    if (inA === hasTrait(this.#traits.b)) return undefined
    return inA ? 'a' : 'b'
  }
}

/** True when `a` names the object without the digest that `b` enforces. */
function isUnenforced(a: LeafContent, b: LeafContent): boolean {
  if (a.kind !== 'external-no-verity' || b.kind !== 'external') return false
  if (a.payload === undefined) return a.object?.equals(b.digest) === true && b.payload === undefined
  return b.payload !== undefined && equalBytes(a.payload, b.payload)
}

/** A directory that looks as if made for what is in it. */
function isImplied(tree: FileTree, inode: Inode): boolean {
  return (
    tree.mode(inode) === IMPLIED_MODE &&
    tree.uid(inode) === 0 &&
    tree.gid(inode) === 0 &&
    tree.mtimeSeconds(inode) === 0n &&
    tree.mtimeNanoseconds(inode) === 0 &&
    tree.xattrs(inode).length === 0
  )
}

function isAmong(xattrs: readonly Xattr[], xattr: Xattr): boolean {
  return xattrs.some(each => equalXattr(each, xattr))
}

function isBelow(path: Uint8Array, directory: Uint8Array): boolean {
  return path[directory.length] === 0x2f && startsWith(path, directory)
}
