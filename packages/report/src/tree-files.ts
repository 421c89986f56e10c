import { ContentCode, type FileTree, ROOT, TYPE_DIRECTORY, TYPE_MASK } from '@composefs/tree'
import type { Outline } from './outline.ts'

/** A regular file of a tree, at the first of its names. */
export interface TreeFile {
  readonly inode: number
  /** Node of the directory that it is in. */
  readonly directory: number
  readonly name: Uint8Array
  readonly bytes: number
  /** The digest of its object; undefined for what lies in the image itself, and for what is no bytes at all. */
  readonly digest: Uint8Array | undefined
  /** Its content lies in the image itself. */
  readonly isInline: boolean
}

/** How many there are of what. */
export interface TreeCounts {
  files: number
  directories: number
  others: number
}

/**
 * Calls `visit` for each regular file of a tree once, and puts all directories into an outline. No recursion: depth is
 * up to whoever made the tree.
 */
export function visitFiles(
  tree: FileTree,
  outline: Outline,
  visit: (file: TreeFile) => void,
): TreeCounts {
  const view = tree.view()
  const { content, mode, nlink, size } = view
  const seen = new Uint8Array(view.inodeLimit)
  const counts: TreeCounts = { files: 0, directories: 1, others: 0 }
  const pending = [{ directory: ROOT, node: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    let index = view.firstName[next.directory] as number
    for (; index !== 0; index = view.nextName[index] as number) {
      const inode = view.nameInode[index] as number
      const offset = view.nameOffset[index] as number
      const name = view.nameBytes.subarray(offset, offset + (view.nameLength[index] as number))
      if (((mode[inode] as number) & TYPE_MASK) === TYPE_DIRECTORY) {
        counts.directories++
        pending.push({ directory: inode, node: outline.child(next.node, name) })
        continue
      }
      if ((nlink[inode] as number) > 1 && seen[inode] === 1) continue
      seen[inode] = 1
      const code = content[inode] as number
      if (!isFile(code)) {
        counts.others++
        continue
      }
      counts.files++
      const start = view.dataOffset[inode] as number
      const hasDigest =
        code === ContentCode.external ||
        code === ContentCode.externalPayload ||
        code === ContentCode.noVerityObject
      const end = start + view.algorithm.digestSize
      visit({
        inode,
        directory: next.node,
        name,
        bytes: size[inode] as number,
        digest: hasDigest ? view.data.subarray(start, end) : undefined,
        isInline: code === ContentCode.inline,
      })
    }
  }
  return counts
}

function isFile(code: number): boolean {
  return code >= ContentCode.inline && code <= ContentCode.noVerityPayload
}
