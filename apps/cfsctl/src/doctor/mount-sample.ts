import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encodeImage } from '@composefs/erofs'
import { fsverityDigest, SHA512 } from '@composefs/fsverity'
import type { MountSample } from '@composefs/linux/probe'
import { FileTree, type Metadata, ROOT } from '@composefs/tree'
import { hashing } from '../repository/platform.ts'

const METADATA: Metadata = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0n,
  mtimeNanoseconds: 0,
  xattrs: [],
}

const INLINE = { path: 'inline', content: Buffer.from('in the image') }
const EXTERNAL = { path: 'external', content: Buffer.alloc(5000, 'an object ') }

/** Calls `use` with a small image in a temporary directory, which is gone afterwards. */
export function withMountSample<T>(use: (sample: MountSample) => T): T {
  const work = mkdtempSync(join(tmpdir(), 'cfsctl-doctor-'))
  try {
    const directory = join(work, 'empty')
    const objects = join(work, 'objects')
    mkdirSync(directory)
    writeFileSync(join(work, 'image'), sampleImage(objects))
    const image = openSync(join(work, 'image'), 'r')
    try {
      return use({ image, objects, directory, inline: INLINE, external: EXTERNAL })
    } finally {
      closeSync(image)
    }
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** The bytes of the image, whose one object is written. */
function sampleImage(objects: string): Uint8Array {
  const { content } = EXTERNAL
  const digest = fsverityDigest(content, { algorithm: SHA512, hashing })
  const file = join(objects, digest.objectPath)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  const tree = new FileTree(SHA512, { ...METADATA, mode: 0o755 })
  const add = (path: string, leaf: Parameters<FileTree['addLeaf']>[3]) =>
    tree.addLeaf(ROOT, Buffer.from(path), METADATA, leaf)
  add(EXTERNAL.path, { kind: 'external', digest, size: content.length })
  add(INLINE.path, { kind: 'inline', data: INLINE.content })
  return encodeImage(tree, { version: 1 })
}
