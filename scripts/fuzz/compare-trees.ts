import { type ErofsVersion, encodeImage, openImage } from '../../packages/erofs/src/index.ts'
import { type FileTree, writeDump } from '../../packages/tree/src/index.ts'
import { attempt } from './outcome.ts'
import { Disagreement } from './target.ts'

/** The dump of a tree as text of one character a byte. */
export function dumpText(tree: FileTree): string {
  return Buffer.concat([...writeDump(tree)]).toString('latin1')
}

/**
 * Writes a tree as an image and reads that again: what the writer makes, the reader must take, and what comes out must
 * make the same image.
 */
export function checkImage(tree: FileTree, version: ErofsVersion): string {
  const { value: image, outcome } = attempt(() => encodeImage(tree, { version }))
  if (image === undefined) return outcome
  const read = openImage(image, { algorithm: tree.algorithm }).toTree()
  const again = encodeImage(read, { version })
  if (!Buffer.from(image.buffer, image.byteOffset, image.length).equals(again)) {
    throw new Disagreement(`a V${version} image that is read makes another image`)
  }
  return `V${version}`
}

/** The version to check a tree with: inputs of different lengths get different ones. */
export function versionFor(input: Uint8Array): ErofsVersion {
  return ([2, 1, 0] as const)[input.length % 3] ?? 2
}
