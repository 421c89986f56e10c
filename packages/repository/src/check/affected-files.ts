import { showUtf8 } from '@composefs/bytes'
import {
  type ErofsImage,
  IMAGE_SIZE_MAX,
  type ImageEntry,
  isErofsError,
  openImage,
} from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { isRepositoryError } from '../errors.ts'
import { assertSize } from '../object-handle.ts'
import { isFileError } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'

/** Files that are listed for one object. */
const FILES_MAX = 16

/** A file of an image. */
export interface AffectedFile {
  /** The image's id. */
  readonly image: Digest
  /** Path from the image's root; bytes that are not UTF-8 show as U+FFFD. */
  readonly path: string
}

/** What of the images needs one object. */
export interface AffectedFiles {
  /** Ids of the images with such files, or of the image that the object is. Sorted. */
  readonly images: readonly Digest[]
  /** The first files in the order of images and paths. */
  readonly files: readonly AffectedFile[]
  /** How many files there are, listed or not. */
  readonly fileCount: number
}

/**
 * Tells which files of which images have their content in one of `objects`, by the hex of their ids. Objects that no
 * image needs are not in the result, and images that cannot be read are left out.
 *
 * Takes as long as reading all images; the memory is that of the largest one.
 */
export async function affectedFiles(
  repository: Repository,
  objects: Iterable<Digest>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, AffectedFiles>> {
  const found = new Map<string, Affected>(
    Array.from(objects, ({ hex }) => [hex, { images: [], files: [], fileCount: 0 }]),
  )
  if (found.size === 0) return found
  const turns = new Turns(signal)
  for (const id of repository.images.list()) {
    // One image takes up to some seconds.
    await turns.give()
    found.get(id.hex)?.images.push(id)
    noteFiles(repository, id, found)
  }
  for (const [hex, { images }] of found) if (images.length === 0) found.delete(hex)
  return found
}

interface Affected extends AffectedFiles {
  readonly images: Digest[]
  readonly files: AffectedFile[]
  fileCount: number
}

function noteFiles(repository: Repository, id: Digest, found: ReadonlyMap<string, Affected>): void {
  try {
    const image = readImage(repository, id)
    for (const entry of image.walk()) {
      const object = objectOf(image, entry)
      const affected = object && found.get(object.hex)
      if (affected === undefined) continue
      affected.fileCount += 1
      if (affected.images.at(-1)?.equals(id) !== true) affected.images.push(id)
      if (affected.files.length === FILES_MAX) continue
      affected.files.push({ image: id, path: showUtf8(entry.path()) })
    }
  } catch (error) {
    // The check of images tells what is wrong with it. What was found up to there is true.
    if (!isErofsError(error) && !isRepositoryError(error) && !isFileError(error)) throw error
  }
}

function readImage({ objects, algorithm }: Repository, id: Digest): ErofsImage {
  using object = objects.openUnchecked(id)
  assertSize(id, object.size, IMAGE_SIZE_MAX)
  return openImage(object.read(0, object.size), { algorithm })
}

/** The object that a file's content is in; undefined for everything else. */
function objectOf(image: ErofsImage, { inode }: ImageEntry): Digest | undefined {
  if (inode.kind !== 'regular' || inode.size === 0) return undefined
  const content = image.content(inode)
  if (content.kind === 'external') return content.digest
  return content.kind === 'external-no-verity' ? content.object : undefined
}
