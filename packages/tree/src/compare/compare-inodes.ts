import { ContentCode } from '../content-code.ts'
import type { Inode } from '../inode.ts'
import { PERMISSION_MASK, TYPE_MASK } from '../mode.ts'
import type { TreeView } from '../view.ts'
import type { DifferingPart } from './difference.ts'
import { equalXattrs } from './equal-xattrs.ts'

/** Compares inodes of two trees by their columns. */
export class InodeComparison {
  readonly #a: TreeView
  readonly #b: TreeView
  /** By set of the first tree: the set of the second that was found equal last, 0 for none. */
  readonly #equalSet: Uint32Array

  constructor(a: TreeView, b: TreeView) {
    this.#a = a
    this.#b = b
    this.#equalSet = new Uint32Array(a.xattrSetLimit)
  }

  /** True when nothing differs, links left aside. */
  areEqual(inA: Inode, inB: Inode): boolean {
    return (
      this.#a.mode[inA] === this.#b.mode[inB] &&
      this.#hasSameOwner(inA, inB) &&
      this.#hasSameTime(inA, inB) &&
      this.#hasSameXattrs(inA, inB) &&
      this.#hasSameContent(inA, inB)
    )
  }

  /** What differs, links left aside. Of inodes of two types nobody asks for content. */
  differingParts(inA: Inode, inB: Inode): DifferingPart[] {
    const parts: DifferingPart[] = []
    const difference = (this.#a.mode[inA] as number) ^ (this.#b.mode[inB] as number)
    const isSameType = (difference & TYPE_MASK) === 0
    if (!isSameType) parts.push('type')
    if ((difference & PERMISSION_MASK) !== 0) parts.push('mode')
    if (!this.#hasSameOwner(inA, inB)) parts.push('owner')
    if (!this.#hasSameTime(inA, inB)) parts.push('mtime')
    if (!this.#hasSameXattrs(inA, inB)) parts.push('xattrs')
    if (isSameType && !this.#hasSameContent(inA, inB)) parts.push(this.#partOfContent(inA))
    return parts
  }

  #partOfContent(inA: Inode): DifferingPart {
    switch (this.#a.content[inA]) {
      case ContentCode.symlink:
        return 'target'
      case ContentCode.device:
        return 'device'
      default:
        return 'content'
    }
  }

  #hasSameOwner(inA: Inode, inB: Inode): boolean {
    return this.#a.uid[inA] === this.#b.uid[inB] && this.#a.gid[inA] === this.#b.gid[inB]
  }

  #hasSameTime(inA: Inode, inB: Inode): boolean {
    return (
      this.#a.mtimeLow[inA] === this.#b.mtimeLow[inB] &&
      this.#a.mtimeHigh[inA] === this.#b.mtimeHigh[inB] &&
      this.#a.mtimeNanoseconds[inA] === this.#b.mtimeNanoseconds[inB]
    )
  }

  #hasSameXattrs(inA: Inode, inB: Inode): boolean {
    const setA = this.#a.xattrSet[inA] as number
    const setB = this.#b.xattrSet[inB] as number
    if (setA === 0 || setB === 0) return setA === setB
    if (this.#equalSet[setA] === setB) return true
    if (!equalXattrs(this.#a.xattrs(setA), this.#b.xattrs(setB))) return false
    this.#equalSet[setA] = setB
    return true
  }

  /** Of leaves: whether kind and content are the same. Directories have none. */
  #hasSameContent(inA: Inode, inB: Inode): boolean {
    const { content: codeA, dataLength: lengthA, dataOffset: offsetA, size: sizeA } = this.#a
    const { content: codeB, dataLength: lengthB, dataOffset: offsetB, size: sizeB } = this.#b
    const code = codeA[inA] as number
    if (code <= ContentCode.unsortedDirectory) {
      return (codeB[inB] as number) <= ContentCode.unsortedDirectory
    }
    if (code !== codeB[inB]) return false
    switch (code) {
      case ContentCode.none:
        return true
      case ContentCode.device:
        return offsetA[inA] === offsetB[inB]
      case ContentCode.sparse:
        return sizeA[inA] === sizeB[inB]
    }
    const length = lengthA[inA] as number
    if (sizeA[inA] !== sizeB[inB] || length !== lengthB[inB]) return false
    return this.#hasSameData(offsetA[inA] as number, offsetB[inB] as number, length)
  }

  #hasSameData(atA: number, atB: number, length: number): boolean {
    const { data: dataA } = this.#a
    const { data: dataB } = this.#b
    for (let i = 0; i < length; i++) if (dataA[atA + i] !== dataB[atB + i]) return false
    return true
  }
}
