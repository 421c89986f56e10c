import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { encodeImage } from '@composefs/erofs'
import { type Digest, fsverityDigest, nobleHashing, SHA256 } from '@composefs/fsverity'
import { FileTree, type Metadata, ROOT } from '@composefs/tree'

/** A directory with an image, its objects and a mount point, for one test. */
export interface Sample {
  readonly directory: string
  readonly image: string
  readonly objects: string
  readonly target: string
  readonly digest: Digest
}

export const INLINE = encodeUtf8('inline')
export const EXTERNAL = Uint8Array.from({ length: 5000 }, (_, i) => i % 251)

/** Makes the files of an image with one inline and one external file, `small` and `usr/large`. */
export function makeSample(parent = tmpdir()): Sample {
  const directory = mkdtempSync(join(parent, 'composefs-sample-'))
  const objects = join(directory, 'objects')
  const image = join(directory, 'image.erofs')
  const target = join(directory, 'target')
  mkdirSync(target)
  const digest = digestOf(EXTERNAL)
  writeObject(objects, digest, EXTERNAL)
  writeFileSync(image, encodeImage(sampleTree(digest), { version: 1 }))
  return { directory, image, objects, target, digest }
}

export function removeSample(sample: Sample): void {
  rmSync(sample.directory, { recursive: true })
}

export function writeObject(objects: string, digest: Digest, content: Uint8Array): string {
  const path = join(objects, digest.objectPath)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

function digestOf(content: Uint8Array): Digest {
  return fsverityDigest(content, { algorithm: SHA256, hashing: nobleHashing })
}

function sampleTree(digest: Digest): FileTree {
  const tree = new FileTree(SHA256)
  const usr = tree.addDirectory(ROOT, encodeUtf8('usr'), metadata(0o755))
  const name = encodeUtf8('large')
  tree.addLeaf(usr, name, metadata(0o644), { kind: 'external', digest, size: EXTERNAL.length })
  tree.addLeaf(ROOT, encodeUtf8('small'), metadata(0o600), { kind: 'inline', data: INLINE })
  return tree
}

function metadata(mode: number): Metadata {
  return { mode, uid: 0, gid: 0, mtimeSeconds: 1700000000n, mtimeNanoseconds: 0, xattrs: [] }
}
