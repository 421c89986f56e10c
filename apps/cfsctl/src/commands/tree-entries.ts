import { decodeUtf8 } from '@composefs/bytes'
import {
  type DumpEntry,
  escapeField,
  escapeXattr,
  type FileKind,
  type FileTree,
  formatDumpEntry,
  formatDumpHardlink,
  type Inode,
  type LeafContent,
} from '@composefs/tree'
import type { Json } from '../output/result.ts'

/** An entry of a listing that begins anywhere in a tree. */
export interface ListedEntry {
  /** As the listing shows it. */
  readonly path: Uint8Array
  readonly inode: Inode
  /** For a second name of a leaf in this listing: its first. */
  readonly firstPath?: Uint8Array
}

const TYPE_BITS: Readonly<Record<FileKind, number>> = {
  directory: 0o040000,
  regular: 0o100000,
  symlink: 0o120000,
  chr: 0o020000,
  blk: 0o060000,
  fifo: 0o010000,
  socket: 0o140000,
}

const SLASH = 0x2f

/** Yields the inode under the path, and everything below it, depth first. */
export function* entriesBelow(
  tree: FileTree,
  path: Uint8Array,
  inode: Inode,
): Generator<ListedEntry> {
  const firstPaths = new Map<Inode, Uint8Array>()
  const pending = [{ path, inode }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const firstPath = firstPaths.get(next.inode)
    yield firstPath === undefined ? next : { ...next, firstPath }
    if (tree.isDirectory(next.inode)) {
      const directory = next.path
      const children = Array.from(tree.entries(next.inode), child => ({
        path: join(directory, child.name),
        inode: child.inode,
      }))
      // The last of the stack comes first.
      for (const child of children.reverse()) pending.push(child)
    } else if (tree.nlink(next.inode) > 1 && firstPath === undefined) {
      firstPaths.set(next.inode, next.path)
    }
  }
}

/** The line of a dump file for the entry, with its newline. */
export function formatTreeEntry(tree: FileTree, entry: ListedEntry): Uint8Array {
  const { path, inode, firstPath } = entry
  if (firstPath !== undefined) return formatDumpHardlink(path, firstPath)
  return formatDumpEntry({ ...metadataOf(tree, inode), path, ...dataOf(tree, inode) })
}

/** The entry as a document. */
export function treeEntryDocument(tree: FileTree, { path, inode }: ListedEntry): Json {
  return { ...textFields('path', path), ...inodeDocument(tree, inode) }
}

/** What a name leads to as a document. */
export function inodeDocument(tree: FileTree, inode: Inode): { readonly [key: string]: Json } {
  const { mode, uid, gid, nlink, size, rdev, xattrs } = metadataOf(tree, inode)
  const { payload, content, digest } = dataOf(tree, inode)
  const isLink = tree.kind(inode) === 'symlink'
  return {
    type: tree.kind(inode),
    mode: mode & 0o7777,
    uid,
    gid,
    nlink,
    size,
    mtime: formatTime(tree, inode),
    rdev: Number(rdev),
    ...textFields('target', isLink ? payload : undefined),
    content_base64: content === undefined ? null : Buffer.from(content).toString('base64'),
    object: digest?.objectPath ?? null,
    digest: digest?.hex ?? null,
    xattrs: Object.fromEntries(
      xattrs.map(({ name, value }) => [
        ascii(escapeXattr(name)),
        Buffer.from(value).toString('base64'),
      ]),
    ),
  }
}

function metadataOf(tree: FileTree, inode: Inode) {
  const kind = tree.kind(inode)
  const { mode, uid, gid, mtimeSeconds, mtimeNanoseconds, xattrs } = tree.metadata(inode)
  return {
    size: kind === 'regular' || kind === 'symlink' ? tree.size(inode) : 0,
    mode: TYPE_BITS[kind] | mode,
    nlink: tree.nlink(inode),
    uid,
    gid,
    rdev: kind === 'chr' || kind === 'blk' ? tree.rdev(inode) : 0,
    mtimeSeconds,
    mtimeNanoseconds,
    xattrs,
  } satisfies Partial<DumpEntry>
}

function dataOf(tree: FileTree, inode: Inode): Pick<DumpEntry, 'payload' | 'content' | 'digest'> {
  if (tree.isDirectory(inode)) return {}
  const content: LeafContent = tree.content(inode)
  switch (content.kind) {
    case 'inline':
      return { content: content.data }
    case 'external':
      return { digest: content.digest, payload: content.payload }
    case 'external-no-verity':
      return { payload: content.payload ?? Buffer.from(content.object?.objectPath ?? '') }
    case 'symlink':
      return { payload: content.target }
    default:
      return {}
  }
}

/** A text, or when it is not UTF-8 its escaped form, and then its bytes too. */
export function textFields(
  name: string,
  bytes: Uint8Array | undefined,
): { readonly [key: string]: Json } {
  if (bytes === undefined) return { [name]: null }
  const text = decodeUtf8(bytes)
  if (text !== undefined) return { [name]: text }
  return {
    [name]: ascii(escapeField(bytes)),
    [`${name}_base64`]: Buffer.from(bytes).toString('base64'),
  }
}

/** RFC 3339 with nanoseconds; seconds outside of its years as they are. */
export function formatTime(tree: FileTree, inode: Inode): string {
  const seconds = tree.mtimeSeconds(inode)
  const fraction = String(tree.mtimeNanoseconds(inode)).padStart(9, '0')
  const date = new Date(Number(seconds) * 1000)
  const year = date.getUTCFullYear()
  if (Number.isNaN(year) || year < 0 || year > 9999) return `${seconds}.${fraction}`
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`
}

function join(directory: Uint8Array, name: Uint8Array): Uint8Array {
  const separator = directory.at(-1) === SLASH || directory.length === 0 ? [] : [SLASH]
  return Uint8Array.from([...directory, ...separator, ...name])
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
