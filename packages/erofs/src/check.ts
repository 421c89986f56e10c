import type { FileTree } from '@composefs/tree'
import { isErofsError } from './errors.ts'
import type { ErofsImage } from './image.ts'
import { writeImage } from './write.ts'

/** What a thorough look at an image found. */
export interface ImageCheck {
  /** The tree of the image, which has passed every check of the reader. */
  readonly tree: FileTree
  /** The image is what we write of this tree, byte by byte: so are those of C composefs and cfsctl. */
  readonly isReproducible: boolean
  /** First byte that is not what we would write, where there is one. */
  readonly differsAt?: number
}

/**
 * Reads the whole image and writes it again, comparing. This finds what no single check looks at: overlaps, wrong
 * filters, bytes in the gaps. An image that is not reproducible may still be good: its writer is not one we know.
 *
 * @throws ErofsError any code of the reader
 */
export function checkImage(image: ErofsImage): ImageCheck {
  const tree = image.toTree()
  try {
    const differsAt = firstDifference(image, tree)
    return differsAt === undefined
      ? { tree, isReproducible: true }
      : { tree, isReproducible: false, differsAt }
  } catch (error) {
    if (isErofsError(error, 'ERR_EROFS_LIMIT')) return { tree, isReproducible: false }
    throw error
  }
}

function firstDifference(image: ErofsImage, tree: FileTree): number | undefined {
  const { bytes, version } = image
  let differsAt: number | undefined
  let at = 0
  const { size } = writeImage(tree, {
    version,
    write(chunk) {
      if (differsAt === undefined) differsAt = differenceIn(bytes, chunk, at)
      at += chunk.length
    },
  })
  return differsAt ?? (size < bytes.length ? size : undefined)
}

/** Where `chunk` differs from `bytes` at `start`, counted from the start of `bytes`. */
function differenceIn(bytes: Uint8Array, chunk: Uint8Array, start: number): number | undefined {
  for (let i = 0; i < chunk.length; i++) if (bytes[start + i] !== chunk[i]) return start + i
  return undefined
}
