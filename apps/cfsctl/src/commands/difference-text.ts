import type { ComparedPair } from '@composefs/oci'
import type { DifferingPart, FileTree, Inode, TreeDifference } from '@composefs/tree'
import { paint, type Style } from '../output/color.ts'
import { displayWidth } from '../output/display-width.ts'
import { pathText } from '../output/path-text.ts'
import { formatSize } from '../output/size.ts'
import { changedXattrs } from './changed-xattrs.ts'
import { formatTime } from './tree-entries.ts'

/** Columns of the paths beyond which the text behind them is no longer aligned. */
export const PATH_WIDTH_MAX = 56

const MARKS = {
  added: ['+', 'ok'],
  removed: ['-', 'error'],
  changed: ['~', 'warning'],
} as const satisfies Readonly<Record<TreeDifference['change'], readonly [string, Style]>>

export function pathWidth(path: Uint8Array): number {
  return displayWidth(pathText(path))
}

/** A line of the listing: a mark, the path, and what there is or what is not the same. */
export function differenceLine(
  pair: ComparedPair,
  difference: TreeDifference,
  { width, color }: { readonly width: number; readonly color: boolean },
): string {
  const [mark, style] = MARKS[difference.change]
  const path = pathText(difference.path)
  const blanks = ' '.repeat(Math.max(width - displayWidth(path), 0))
  return `${paint(mark, style, color)} ${path}${blanks}  ${differenceText(pair, difference)}`
}

/** The same for `cut`: change, path, and the parts that are not the same. */
export function plainDifference({ change, parts, path }: TreeDifference): string {
  return [change, pathText(path), parts.join(',') || '-'].join('\t')
}

/** What was added or removed, or each part that is not the same. */
export function differenceText({ a, b }: ComparedPair, difference: TreeDifference): string {
  const { inA, inB, linkA, linkB, parts } = difference
  if (inA === undefined) return inB === undefined ? '' : entryText(b.tree, inB, linkB)
  if (inB === undefined) return entryText(a.tree, inA, linkA)
  return parts
    .map(part => {
      if (part === 'links') return `links ${linkText(linkA)} -> ${linkText(linkB)}`
      if (part === 'xattrs')
        return `xattrs ${changedXattrs(a.tree.xattrs(inA), b.tree.xattrs(inB))}`
      if (part === 'mtime') return `mtime ${timesText(a.tree, inA, b.tree, inB)}`
      const [before, after] = [partText(a.tree, inA, part), partText(b.tree, inB, part)]
      // The same text means other bytes of the same size.
      return before === after ? `${part} (${before})` : `${part} ${before} -> ${after}`
    })
    .join(', ')
}

function entryText(tree: FileTree, inode: Inode, link: Uint8Array | undefined): string {
  if (link !== undefined) return `hard link to ${pathText(link)}`
  const type = typeText(tree, inode)
  switch (tree.kind(inode)) {
    case 'regular':
      return `${type}, ${formatSize(tree.size(inode))}`
    case 'symlink':
      return `${type} -> ${targetText(tree, inode)}`
    case 'chr':
    case 'blk':
      return isWhiteout(tree, inode) ? type : `${type} ${deviceText(tree.rdev(inode))}`
    default:
      return type
  }
}

function partText(tree: FileTree, inode: Inode, part: DifferingPart): string {
  switch (part) {
    case 'type':
      return typeText(tree, inode)
    case 'mode':
      return tree.mode(inode).toString(8).padStart(4, '0')
    case 'owner':
      return `${tree.uid(inode)}:${tree.gid(inode)}`
    case 'content':
      return contentText(tree, inode)
    case 'target':
      return targetText(tree, inode)
    case 'device':
      return deviceText(tree.rdev(inode))
    default:
      return ''
  }
}

/** Two times, with fractions where seconds do not tell them apart. */
function timesText(treeA: FileTree, inA: Inode, treeB: FileTree, inB: Inode): string {
  const times = [formatTime(treeA, inA), formatTime(treeB, inB)]
  const isFine = treeA.mtimeSeconds(inA) === treeB.mtimeSeconds(inB)
  return times.map(time => (isFine ? time : time.replace(/\.\d+Z$/, 'Z'))).join(' -> ')
}

function typeText(tree: FileTree, inode: Inode): string {
  const kind = tree.kind(inode)
  switch (kind) {
    case 'regular':
      return 'file'
    case 'chr':
      return isWhiteout(tree, inode) ? 'whiteout' : 'character device'
    case 'blk':
      return 'block device'
    default:
      return kind
  }
}

/** The size, and where the content is kept in an unusual way. */
function contentText(tree: FileTree, inode: Inode): string {
  const size = formatSize(tree.size(inode))
  const content = tree.content(inode)
  if (content.kind === 'sparse') return `${size} without data`
  if (content.kind === 'external-no-verity') return `${size} without verity`
  return size
}

function targetText(tree: FileTree, inode: Inode): string {
  const content = tree.content(inode)
  return content.kind === 'symlink' ? pathText(content.target) : ''
}

function isWhiteout(tree: FileTree, inode: Inode): boolean {
  return tree.kind(inode) === 'chr' && tree.rdev(inode) === 0
}

/** Major and minor number of the kernel's 32-bit encoding. */
function deviceText(rdev: number): string {
  return `${(rdev >>> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >>> 12) & 0xfff00)}`
}

function linkText(link: Uint8Array | undefined): string {
  return link === undefined ? 'a file of its own' : pathText(link)
}
