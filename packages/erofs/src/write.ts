import { type Algorithm, createFsverity, type Digest, type Hashing } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import { BLOCK_SIZE, type ErofsVersion } from './format.ts'
import { layoutImage } from './layout.ts'
import { createSourceTree } from './source-tree.ts'
import { writeLayout } from './write-layout.ts'

/** How to write an image. */
export interface WriteImageOptions {
  readonly version: ErofsVersion
  /** Takes the next bytes of the image: whole blocks of 4096, valid during the call only. */
  write(chunk: Uint8Array): void
}

/**
 * Writes the image of a tree, in order and through a window of 1 MiB. Nothing is written of a tree that the version
 * cannot hold.
 *
 * Source: docs/formats/erofs.md; the bytes are those of C composefs (V0, V1) and cfsctl (V2).
 *
 * @returns the size of the image in bytes
 * @throws ErofsError ERR_EROFS_LIMIT, ERR_EROFS_TOO_LARGE
 *
 * @example
 * const file = openSync('image.erofs', 'w')
 * const { size } = writeImage(tree, { version: 1, write: chunk => writeSync(file, chunk) })
 */
export function writeImage(tree: FileTree, options: WriteImageOptions): { size: number } {
  const layout = layoutImage(createSourceTree(tree, options.version))
  writeLayout(layout, chunk => options.write(chunk))
  return { size: layout.blockCount * BLOCK_SIZE }
}

/**
 * The image of a tree in memory.
 *
 * @throws ErofsError as writeImage
 *
 * @example
 * const image = openImage(encodeImage(tree, { version: 1 }))
 */
export function encodeImage(
  tree: FileTree,
  options: { readonly version: ErofsVersion },
): Uint8Array<ArrayBuffer> {
  const layout = layoutImage(createSourceTree(tree, options.version))
  const image = new Uint8Array(layout.blockCount * BLOCK_SIZE)
  let size = 0
  writeLayout(layout, chunk => {
    image.set(chunk, size)
    size += chunk.length
  })
  return image
}

/**
 * The fs-verity digest of the image of a tree: the name of the image. The image is never in memory as a whole.
 *
 * @param options.algorithm default: that of the tree
 * @param options.hashing default: the portable hash
 * @throws ErofsError as writeImage
 */
export function imageDigest(
  tree: FileTree,
  options: {
    readonly version: ErofsVersion
    readonly algorithm?: Algorithm
    readonly hashing?: Hashing
  },
): Digest {
  const { algorithm = tree.algorithm, hashing, version } = options
  const digest = createFsverity({ algorithm, ...(hashing && { hashing }) })
  writeImage(tree, { version, write: chunk => void digest.update(chunk) })
  return digest.digest()
}
