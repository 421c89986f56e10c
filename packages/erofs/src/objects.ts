import { compareBytes } from '@composefs/bytes'
import { ALGORITHMS, type Algorithm, Digest } from '@composefs/fsverity'
import { ErofsError } from './errors.ts'
import { enforcedDigest } from './leaf-content.ts'
import { objectOfRedirect } from './object-path.ts'
import { REDIRECT } from './overlay-names.ts'
import { readXattrs, xattrValue } from './read-xattrs.ts'
import type { ImageBytes } from './superblock.ts'
import { type ImageEntry, walkImage } from './walk-image.ts'

/**
 * Every object that an image needs: the digests of metacopy xattrs, and the object paths that redirects end in,
 * whether they are enforced or not. Each once, in bytes order.
 *
 * @throws ErofsError any code of the reader
 */
export function imageObjects(image: ImageBytes, algorithm?: Algorithm): Digest[] {
  const objects = [...walkObjects(image, algorithm)]
  objects.sort((a, b) => compareBytes(a.bytes, b.bytes))
  return objects.filter((object, i) => i === 0 || !object.equals(objects[i - 1] as Digest))
}

/**
 * The objects of an image as they come, some of them again and again.
 *
 * @throws ErofsError any code of the reader
 */
export function* walkObjects(image: ImageBytes, algorithm?: Algorithm): Generator<Digest> {
  for (const entry of walkImage(image)) {
    try {
      yield* entryObjects(image, entry, algorithm)
    } catch (error) {
      throw error instanceof ErofsError ? entry.locate(error) : error
    }
  }
}

function* entryObjects(
  image: ImageBytes,
  { inode, isFirstName }: ImageEntry,
  algorithm: Algorithm | undefined,
): Generator<Digest> {
  if (inode.kind !== 'regular' || !isFirstName) return
  const xattrs = readXattrs(image, inode)
  const digest = enforcedDigest(inode, xattrs, algorithm)
  // A copy: what is kept must not keep the image.
  if (digest !== undefined) yield new Digest(digest.algorithm, digest.bytes.slice())
  const redirect = xattrValue(xattrs, REDIRECT)
  const object =
    redirect && objectOfRedirect(redirect, algorithm === undefined ? ALGORITHMS : [algorithm])
  if (object !== undefined && !(digest?.equals(object) ?? false)) yield object
}
