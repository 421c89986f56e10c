import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { FileTree, type LeafContent, type Metadata, ROOT } from '@composefs/tree'
import { type ErofsErrorCode, isErofsError } from '../src/index.ts'

/** Mode 0644, everything else 0. */
export const PLAIN: Metadata = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0n,
  mtimeNanoseconds: 0,
  xattrs: [],
}

export const text = encodeUtf8

/** Metadata with xattrs of text or bytes. */
export function withXattrs(xattrs: Readonly<Record<string, string | Uint8Array>>): Metadata {
  return {
    ...PLAIN,
    xattrs: Object.entries(xattrs).map(([name, value]) => ({
      name: text(name),
      value: typeof value === 'string' ? text(value) : value,
    })),
  }
}

/** A digest of which every byte is `byte`. */
export function digestOf(byte: number): Digest {
  return new Digest(SHA256, new Uint8Array(32).fill(byte))
}

/** A tree with these leaves in its root. */
export function treeOf(leaves: Readonly<Record<string, LeafContent>>): FileTree {
  const tree = new FileTree(SHA256)
  for (const [name, content] of Object.entries(leaves)) {
    tree.addLeaf(ROOT, text(name), PLAIN, content)
  }
  return tree
}

/** A tree of directories in each other, `depth` below the root. */
export function deepTree(depth: number): FileTree {
  const tree = new FileTree(SHA256)
  let directory = ROOT
  for (let i = 0; i < depth; i++) directory = tree.addDirectory(directory, text('d'), PLAIN)
  return tree
}

/** The code and the path of the ErofsError that an action throws; undefined when it throws none. */
export function failureOf(
  action: () => unknown,
): { code: ErofsErrorCode; path: string | undefined } | undefined {
  try {
    action()
  } catch (error) {
    if (isErofsError(error)) return { code: error.code, path: error.facts.path }
    throw error
  }
  return undefined
}
