import { compareBytes } from '@composefs/bytes'
import { IMAGE_SIZE_MAX, isErofsError, visitObjects } from '@composefs/erofs'
import { Digest, DigestSet } from '@composefs/fsverity'
import { isRepositoryError } from '../errors.ts'
import { assertSize } from '../object-handle.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import { checkRefs, type LinkDirectory, type NamedLink, namedLinks } from './check-links.ts'
import type { CheckLog } from './check-log.ts'
import type { FindingKind } from './finding.ts'
import type { PresentObjects } from './present-objects.ts'

/** How to check images. */
export interface CheckImagesOptions {
  readonly present: PresentObjects
  readonly signal: AbortSignal | undefined
}

/**
 * Checks that the images and their refs lead somewhere, that the structure of the images is good, and that every
 * object they refer to is there.
 */
export async function checkImages(
  repository: Repository,
  log: CheckLog,
  { present, signal }: CheckImagesOptions,
): Promise<void> {
  const directory: LinkDirectory = {
    name: 'images',
    directory: repository.layout.images,
    checked: 'imagesChecked',
    corrupted: 'imagesCorrupted',
    openFailed: 'image-open-failed',
  }
  const turns = new Turns(signal)
  for (const link of namedLinks(repository, log, directory)) {
    // One image takes up to some seconds.
    await turns.give()
    for (const digest of missingObjects(repository, log, { ...link, present })) {
      const { path } = link
      log.add({ kind: 'image-missing-object', path, detail: digest.hex, digest }, 'missingObjects')
    }
  }
  await checkRefs(log, directory, signal)
}

/** The objects of an image that are not there, sorted; none, and a finding, when the image is not good. */
function missingObjects(
  { objects, algorithm }: Repository,
  log: CheckLog,
  { name, path, digest, present }: NamedLink & { readonly present: PresentObjects },
): readonly Digest[] {
  const fail = (kind: FindingKind, detail: string) => {
    log.add({ kind, path, detail, ...log.blame(digest) }, 'imagesCorrupted')
    return []
  }
  // Who asks for an image by its id gets what the link leads to.
  if (name.toLowerCase() !== digest.hex) {
    const detail = `the link is to ${digest.hex}`
    log.add({ kind: 'image-open-failed', path, detail }, 'imagesCorrupted')
    return []
  }
  const missing = new DigestSet(algorithm)
  try {
    using object = objects.openUnchecked(digest)
    assertSize(digest, object.size, IMAGE_SIZE_MAX)
    const visit = (id: Uint8Array) => void (present.hasBytes(id) || missing.add(id))
    visitObjects(object, { algorithm, visit })
  } catch (error) {
    if (isErofsError(error)) return fail('image-invalid', reasonOf(error))
    if (!isRepositoryError(error) && !isFileError(error)) throw error
    return fail('image-open-failed', reasonOf(error))
  }
  return Array.from(missing, bytes => new Digest(algorithm, bytes)).sort((a, b) =>
    compareBytes(a.bytes, b.bytes),
  )
}
