import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import type { TarEntry, TarEntryKind } from '@composefs/oci'
import type { FileTree } from '@composefs/tree'
import { LayerStack, type MergedStack, ObjectTable } from '../src/index.ts'

/** An entry of a made-up layer; a bare text is a directory with a slash at its end, a whiteout or an empty file. */
export type LayerEntry =
  | string
  | {
      readonly path: string
      readonly bytes?: number
      /** Files of one name have one content. */
      readonly content?: string
      readonly link?: string
    }

/** Merges made-up layers. */
export function stackOf(layers: readonly (readonly LayerEntry[])[]): MergedStack {
  return openStack(layers).finish()
}

/** The same, before it is finished. */
export function openStack(layers: readonly (readonly LayerEntry[])[]): LayerStack {
  const stack = new LayerStack(SHA256, new ObjectTable(SHA256))
  for (const [index, entries] of layers.entries()) {
    stack.beginLayer({ diffId: `sha256:layer${index + 1}` })
    for (const entry of entries) stack.apply(tarEntry(entry))
  }
  return stack
}

/** Bytes of all regular files of a tree, each inode once. */
export function contentOf(tree: FileTree): number {
  const { content, size, inodeLimit } = tree.view()
  let bytes = 0
  for (let inode = 0; inode < inodeLimit; inode++) {
    const code = content[inode] as number
    if (code >= 2 && code <= 7) bytes += size[inode] as number
  }
  return bytes
}

function tarEntry(entry: LayerEntry): TarEntry {
  const parts = typeof entry === 'string' ? { path: entry } : entry
  const isDirectory = parts.path.endsWith('/')
  const kind: TarEntryKind =
    parts.link !== undefined ? 'hardlink' : isDirectory ? 'directory' : 'regular'
  const size = kind === 'regular' ? (parts.bytes ?? 0) : 0
  return {
    kind,
    path: encodeUtf8(`/${isDirectory ? parts.path.slice(0, -1) : parts.path}`),
    target: encodeUtf8(parts.link === undefined ? '' : `/${parts.link}`),
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSeconds: 0n,
    mtimeNanoseconds: 0,
    size,
    major: 0,
    minor: 0,
    xattrs: [],
    content: kind === 'regular' ? contentEntry(size, parts.content ?? parts.path) : undefined,
    offset: 0,
  }
}

function contentEntry(size: number, name: string): TarEntry['content'] {
  if (size <= 64) return { kind: 'inline', data: new Uint8Array(size) }
  const bytes = new Uint8Array(32)
  bytes.set(encodeUtf8(`${size} ${name}`).subarray(0, 32))
  return { kind: 'external', digest: new Digest(SHA256, bytes) }
}
