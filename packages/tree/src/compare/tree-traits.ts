import { encodeUtf8, equalBytes, startsWith } from '@composefs/bytes'
import { ContentCode } from '../content-code.ts'
import { type Inode, ROOT } from '../inode.ts'
import type { FileTree } from '../tree.ts'
import { equalXattrs } from './equal-xattrs.ts'

/** Which xattrs a tree may have, by the strictest filter of images that keeps all it has. */
export type XattrFilter = 'capability' | 'user' | 'none'

const STRICTNESS: Readonly<Record<XattrFilter, number>> = { capability: 2, user: 1, none: 0 }

const CAPABILITY = encodeUtf8('security.capability')
const SELINUX = encodeUtf8('security.selinux')
const USER = encodeUtf8('user.')

/** What a tree as a whole looks like: marks that the making of images leaves on it. */
export interface TreeTraits {
  readonly filter: XattrFilter
  /** The root has the metadata of the directory /usr. */
  readonly hasRootOfUsr: boolean
  /** /run is an empty directory with the time of /usr. */
  readonly isRunEmptied: boolean
  /** The same of /boot and /sysroot. */
  readonly isForBoot: boolean
}

export function traitsOf(tree: FileTree): TreeTraits {
  const usr = directory(tree, 'usr')
  return {
    filter: strictestFilter(tree),
    hasRootOfUsr: usr !== undefined && hasMetadataOf(tree, ROOT, usr),
    isRunEmptied: isEmptied(tree, 'run', usr),
    isForBoot: isEmptied(tree, 'boot', usr) && isEmptied(tree, 'sysroot', usr),
  }
}

/** Whether a tree with the filter of `filter` may have an xattr of that name. */
export function keeps(filter: XattrFilter, name: Uint8Array): boolean {
  if (filter === 'none' || equalBytes(name, CAPABILITY)) return true
  return filter === 'user' && startsWith(name, USER)
}

export function isStricter(a: XattrFilter, b: XattrFilter): boolean {
  return STRICTNESS[a] > STRICTNESS[b]
}

export function isLabel(name: Uint8Array): boolean {
  return equalBytes(name, SELINUX)
}

function strictestFilter(tree: FileTree): XattrFilter {
  const { content, inodeLimit, xattrSet, xattrSetLimit, xattrs } = tree.view()
  const isUsed = new Uint8Array(xattrSetLimit)
  for (let inode = 0; inode < inodeLimit; inode++) {
    if (content[inode] !== ContentCode.removed) isUsed[xattrSet[inode] as number] = 1
  }
  let filter: XattrFilter = 'capability'
  for (let set = 1; set < xattrSetLimit; set++) {
    if (isUsed[set] === 0) continue
    for (const { name } of xattrs(set)) {
      if (keeps(filter, name)) continue
      if (!startsWith(name, USER)) return 'none'
      filter = 'user'
    }
  }
  return filter
}

function directory(tree: FileTree, name: string): Inode | undefined {
  const inode = tree.lookup(ROOT, encodeUtf8(name))
  return inode !== undefined && tree.isDirectory(inode) ? inode : undefined
}

function isEmptied(tree: FileTree, name: string, usr: Inode | undefined): boolean {
  const inode = directory(tree, name)
  if (inode === undefined || usr === undefined) return false
  return tree.isEmpty(inode) && hasTimeOf(tree, inode, usr)
}

function hasTimeOf(tree: FileTree, inode: Inode, other: Inode): boolean {
  return (
    tree.mtimeSeconds(inode) === tree.mtimeSeconds(other) &&
    tree.mtimeNanoseconds(inode) === tree.mtimeNanoseconds(other)
  )
}

function hasMetadataOf(tree: FileTree, inode: Inode, other: Inode): boolean {
  return (
    tree.mode(inode) === tree.mode(other) &&
    tree.uid(inode) === tree.uid(other) &&
    tree.gid(inode) === tree.gid(other) &&
    hasTimeOf(tree, inode, other) &&
    equalXattrs(tree.xattrs(inode), tree.xattrs(other))
  )
}
