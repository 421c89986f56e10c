import type { Algorithm } from '@composefs/fsverity'
import { INODES_OFFSET } from './format.ts'
import { walkObjects } from './objects.ts'
import { type ImageFile, PagedBytes } from './paged-bytes.ts'
import { type ImageBytes, readSuperblock, readSuperblockOf } from './superblock.ts'

/** What the pages of a large image take too, and a few of its inodes. */
const WHOLE_SIZE = 32 << 20

/** How to visit the objects of an image. */
export interface VisitObjectsOptions {
  /** The algorithm that all digests must be of. */
  readonly algorithm?: Algorithm
  /** Largest image in bytes. Default: 1 GiB. */
  readonly maxSize?: number
  /** Largest image in bytes that is read as a whole, which is several times as fast. Default: 32 MiB. */
  readonly wholeSize?: number
  /** Gets each object that the image needs, some of them again and again. The bytes are valid during the call. */
  readonly visit: (digest: Uint8Array) => void
}

/**
 * Visits every object that an image needs, in no order, with every check that `ErofsImage.objects` makes. A large image
 * is read by pages, and no object is kept: the memory is an eighth of the image's size and a few MiB.
 *
 * @throws ErofsError any code of the reader, when some objects may have been visited
 */
export function visitObjects(source: ImageFile, options: VisitObjectsOptions): void {
  const { wholeSize = WHOLE_SIZE, maxSize, algorithm } = options
  const read = source.size <= wholeSize ? readWhole : readPaged
  for (const { bytes } of walkObjects(read(source, maxSize), algorithm)) options.visit(bytes)
}

function readWhole(source: ImageFile, maxSize?: number): ImageBytes {
  const bytes = new Uint8Array(source.size)
  source.fill(bytes, 0)
  return readSuperblock(bytes, maxSize)
}

function readPaged(source: ImageFile, maxSize?: number): ImageBytes {
  const bytes = new PagedBytes(source)
  const head = bytes.subarray(0, INODES_OFFSET)
  return readSuperblockOf({ bytes, view: bytes, head }, maxSize)
}
