import { ContentCode, type TreeView } from '@composefs/tree'

/** A time as the columns of a tree hold it: the halves of the seconds, two's complement, and nanoseconds. */
export interface SplitTime {
  readonly low: number
  readonly high: number
  readonly nanoseconds: number
}

/** The smallest mtime of a tree, seconds compared as signed numbers. Stubs have the time of the root. */
export function smallestMtime(view: TreeView): SplitTime {
  const { content, inodeLimit, mtimeHigh, mtimeLow, mtimeNanoseconds } = view
  let low = mtimeLow[0] as number
  let high = (mtimeHigh[0] as number) | 0
  let nanoseconds = mtimeNanoseconds[0] as number
  for (let inode = 1; inode < inodeLimit; inode++) {
    const itsHigh = (mtimeHigh[inode] as number) | 0
    if (itsHigh > high) continue
    const itsLow = mtimeLow[inode] as number
    if (itsHigh === high && itsLow > low) continue
    const itsNanoseconds = mtimeNanoseconds[inode] as number
    if (itsHigh === high && itsLow === low && itsNanoseconds >= nanoseconds) continue
    if (content[inode] === ContentCode.removed) continue
    high = itsHigh
    low = itsLow
    nanoseconds = itsNanoseconds
  }
  return { low, high: high >>> 0, nanoseconds }
}
