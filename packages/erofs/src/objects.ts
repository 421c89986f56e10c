import { compareBytes } from '@composefs/bytes'
import { ALGORITHMS, type Algorithm, Digest, isObjectPath } from '@composefs/fsverity'
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
  // The first six bytes nearly always decide, and as numbers they are compared several times as fast.
  const keys = Float64Array.from(objects, object => firstBytes(object.bytes))
  const order = Uint32Array.from(objects.keys()).sort((a, b) => {
    const difference = (keys[a] as number) - (keys[b] as number)
    return difference !== 0 ? difference : compareBytes(bytesAt(objects, a), bytesAt(objects, b))
  })
  const sorted: Digest[] = []
  for (const i of order) {
    const object = objects[i] as Digest
    if (!sorted.at(-1)?.equals(object)) sorted.push(object)
  }
  return sorted
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
  if (!isFirstName) return
  // Only those of regular files name objects, but an image with broken ones anywhere is not good.
  const xattrs = readXattrs(image, inode)
  if (inode.kind !== 'regular') return
  const digest = enforcedDigest(inode, xattrs, algorithm)
  // A copy: what is kept must not keep the image.
  if (digest !== undefined) yield new Digest(digest.algorithm, digest.bytes.slice())
  const redirect = xattrValue(xattrs, REDIRECT)
  if (redirect !== undefined && digest !== undefined && isObjectPath(redirect, 1, digest.bytes))
    return
  const object =
    redirect && objectOfRedirect(redirect, algorithm === undefined ? ALGORITHMS : [algorithm])
  if (object !== undefined) yield object
}

function bytesAt(objects: readonly Digest[], i: number): Uint8Array {
  return (objects[i] as Digest).bytes
}

/** The first six bytes as a number of the same order. */
function firstBytes(bytes: Uint8Array): number {
  let number = 0
  for (let i = 0; i < 6; i++) number = number * 256 + (bytes[i] as number)
  return number
}
