import type { Algorithm } from '@composefs/fsverity'
import { INODES_OFFSET } from './format.ts'
import { walkObjects } from './objects.ts'
import { type ImageFile, PagedBytes } from './paged-bytes.ts'
import { readSuperblockOf } from './superblock.ts'

/** How to visit the objects of an image. */
export interface VisitObjectsOptions {
  /** The algorithm that all digests must be of. */
  readonly algorithm?: Algorithm
  /** Largest image in bytes. Default: 1 GiB. */
  readonly maxSize?: number
  /** Gets each object that the image needs, some of them again and again. The bytes are valid during the call. */
  readonly visit: (digest: Uint8Array) => void
}

/**
 * Visits every object that an image needs, in no order, with every check that `ErofsImage.objects` makes. The image is
 * read by pages, and no object is kept: the memory is an eighth of the image's size and a few MiB.
 *
 * @throws ErofsError any code of the reader, when some objects may have been visited
 */
export function visitObjects(source: ImageFile, options: VisitObjectsOptions): void {
  const bytes = new PagedBytes(source)
  const head = bytes.subarray(0, INODES_OFFSET)
  const image = readSuperblockOf({ bytes, view: bytes, head }, options.maxSize)
  for (const { bytes } of walkObjects(image, options.algorithm)) options.visit(bytes)
}
